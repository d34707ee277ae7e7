// `npm run lesson N`: the failing version, then the cure, of lesson N, with the text to read beside them.
//     npm run lesson              the list
//     npm run lesson 2            runs both versions
//     npm run lesson 2 -- --check says whether what the lesson states holds; without a number, of all of them
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { endAll, startSource } from '../lib/children.ts'
import { startProgram } from '../lib/lesson.ts'

const here = new URL('./', import.meta.url)
const folders = readdirSync(fileURLToPath(here))
  .filter((name) => /^\d\d-/.test(name))
  .sort()
const words = process.argv.slice(2)
const isCheck = words.includes('--check')
const [wanted] = words.filter((word) => !word.startsWith('-'))
const chosen = folders.filter(
  (name) => wanted === undefined || Number(name.slice(0, 2)) === Number(wanted),
)

process.once('SIGINT', () => {
  endAll()
  process.exit(130)
})
if (chosen.length === 0 || words.some((word) => word.startsWith('-') && word !== '--check')) {
  console.error(`There is no lesson ${words.join(' ')}; npm run lesson lists them.`)
  process.exitCode = 2
} else if (isCheck) for (const folder of chosen) await checkLesson(folder)
else if (wanted === undefined) list()
else await show(chosen[0] as string)

function list(): void {
  console.log('npm run lesson N, where N is one of')
  for (const folder of folders) console.log(`  ${Number(folder.slice(0, 2))}  ${titleOf(folder)}`)
}

function titleOf(folder: string): string {
  const text = readFileSync(new URL(`${folder}/README.md`, here), 'utf8')
  return (/^# Lesson \d+: (.*)$/m.exec(text)?.[1] ?? folder).trim()
}

async function show(folder: string): Promise<void> {
  console.log(
    `${titleOf(folder)}\n\nThe text: packages/examples/lessons/${folder}/README.md (中文: README.zh-CN.md)`,
  )
  for (const [file, title] of [
    ['broken.ts', 'First the failing version'],
    ['main.ts', 'The cure'],
  ] as const) {
    console.log(`\n${title}, ${file}:\n`)
    const program = startProgram(new URL(`${folder}/${file}`, here))
    // As it comes: some programs say what to do while they wait for it.
    program.onText(indented())
    await program.ended
  }
  console.log('\nNow open main.ts and break it; the text says how.')
}

/** Prints text four places to the right, in whatever pieces it comes. */
function indented(): (text: string) => void {
  let isLineStart = true
  return (text) => {
    process.stdout.write((isLineStart ? '    ' : '') + text.replace(/\n(?!$)/g, '\n    '))
    isLineStart = text.endsWith('\n')
  }
}

async function checkLesson(folder: string): Promise<void> {
  const program = startSource(new URL(`${folder}/check.ts`, here))
  const status = await program.ended
  console.log(
    `${titleOf(folder)}\n${`${program.out()}${program.err()}`.trimEnd().replace(/^/gm, '  ')}`,
  )
  if (status !== 0) process.exitCode = 1
}
