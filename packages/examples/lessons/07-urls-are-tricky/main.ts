// One reader: what is judged is what will be fetched.
import { explain } from '@sluice/url/parse'

// #region explain
const { rfc3986, whatwg, warnings } = explain('http://127.0.0.1:8080\\@good.example/')
console.log(`one reading leads to ${rfc3986.host}, the other one to ${whatwg.host}`)
console.log(warnings[0])
// #endregion

// #region judge
function judge(text: string): URL {
  const url = new URL(text)
  if (url.host !== 'good.example') throw new Error(`it leads to ${url.host}`)
  return url
}
// #endregion

for (const text of [
  'http://good.example/a/../b',
  'http://127.0.0.1:8080\\@good.example/',
  'http://good.example@127.0.0.1:8080/',
  'http://good.example:8080/',
  'http://2130706433/',
]) {
  try {
    console.log(`${text}\n  goes on as ${judge(text)}`)
  } catch (error) {
    console.log(`${text}\n  is refused: ${(error as Error).message}`)
  }
}
