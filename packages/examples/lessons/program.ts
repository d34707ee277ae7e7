// Runs one program of a lesson: what it throws is shown as the sentence that it is.
const [url] = process.argv.slice(2)
try {
  await import(String(url))
} catch (error) {
  if (process.env['DEBUG'] || !(error instanceof Error)) throw error
  console.error(error.message)
  process.exitCode = 1
}
