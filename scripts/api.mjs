// The public API of every door, as a report that is committed: `packages/*/etc/DOOR.api.md`. A change of
// the API shows as a change of its report, in the same commit. `--update` writes; without it a difference
// fails. Build first: the reports are made from the declarations that users get.
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor'

const update = process.argv.includes('--update')
const base = JSON.parse(readFileSync('api-extractor.base.json', 'utf8'))
let different = 0
for (const name of readdirSync('packages')) {
  const folder = resolve('packages', name)
  const manifest = JSON.parse(readFileSync(resolve(folder, 'package.json'), 'utf8'))
  if (manifest.private) continue
  mkdirSync(resolve(folder, 'etc'), { recursive: true })
  for (const [door, target] of Object.entries(manifest.exports)) {
    if (typeof target === 'string') continue
    const file = door === '.' ? 'index' : door.slice(2).replaceAll('/', '-')
    const config = ExtractorConfig.prepare({
      configObject: {
        ...base,
        projectFolder: folder,
        compiler: {
          overrideTsconfig: { ...base.compiler.overrideTsconfig, files: [target.types] },
        },
        mainEntryPointFilePath: resolve(folder, target.types),
        apiReport: {
          enabled: true,
          reportFileName: `${file}.api.md`,
          reportFolder: resolve(folder, 'etc'),
          reportTempFolder: resolve(folder, 'temp'),
        },
      },
      configObjectFullPath: undefined,
      packageJsonFullPath: resolve(folder, 'package.json'),
    })
    const fresh = !existsSync(resolve(folder, 'etc', `${file}.api.md`))
    const result = Extractor.invoke(config, {
      localBuild: update,
      showVerboseMessages: false,
      messageCallback: (message) => {
        if (message.logLevel !== 'error') message.handled = true
      },
    })
    if (!result.apiReportChanged && !fresh) continue
    different++
    console.log(`${update ? 'wrote' : 'CHANGED'} ${manifest.name}${door.slice(1)}`)
  }
}
if (different && !update)
  console.error(
    'The public API changed. Run `npm run api -- --update`, read the difference, commit it.',
  )
else if (!different) console.log('api: every report is current')
process.exit(different && !update ? 1 : 0)
