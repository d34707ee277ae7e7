// Runs in front of each test file, also where files share their modules.
import { afterEach } from 'vitest'
import { closeAll } from './kit.ts'

afterEach(closeAll)
