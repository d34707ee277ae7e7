// Claim: what a jar does for a request costs what the cookies of its own host cost, however many others there are.
export const claim = {
  what: 'the Cookie field for one request to a host with twenty cookies, in a jar of 10 000 and in one of 1 000',
  unit: 'request',
  candidates: {
    '10 000 cookies': () => over(10_000),
    '1 000 cookies': () => over(1_000),
  },
  // Ten times the cookies, and not ten times the time.
  rows: [{ ours: '10 000 cookies', theirs: '1 000 cookies', goal: { 20: 0.5, 26: 0.5 } }],
}

async function over(size) {
  const { CookieJar } = await import('@sluice/url/cookies')
  const jar = new CookieJar()
  for (let i = 0; i < size; i++)
    jar.set(`name${i % 20}=value; Path=/`, `https://h${Math.floor(i / 20)}.example.com/`)
  const urls = Array.from({ length: 50 }, (_, i) => new URL(`https://h${i}.example.com/a/b?c`))
  const pass = () => {
    let sink = 0
    for (const url of urls) sink += jar.header(url).length
    return sink
  }
  return { pass, units: urls.length }
}
