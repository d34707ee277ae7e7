// What the URL claims read: sixteen shapes as they stand in logs, pages and configurations, times sixteen.
const SHAPES = (i) => [
  `https://www.example.com/articles/${i}/a-title-of-some-length.html`,
  `https://example.com/search?q=protocols+of+the+internet&page=${i}&lang=en`,
  `http://localhost:8080/api/v1/users/${i}`,
  `https://cdn.example.net/assets/app.${i}f3a9.js`,
  `https://user:secret@files.example.org:8443/${i}/report.pdf`,
  `https://en.example.org/wiki/Uniform_Resource_Identifier?action=raw#section-${i}`,
  `http://192.168.0.${i}/index.html`,
  `http://[2001:db8::${i}]:8080/path`,
  `https://example.com/${i}`,
  `https://shop.example.com/c/shoes/p/${i}?utm_source=mail&utm_medium=spring&utm_campaign=a%20b`,
  `ftp://ftp.example.com/pub/linux/README.${i}`,
  `https://maps.example.com/@52.52,13.40,${i}z/data=!3m1!4b1`,
  `wss://stream.example.com/live?token=abc${i}`,
  `https://example.com/a/b/c/d/e/f/g/${i}?x=1#top`,
  `https://api.example.com/v2/items/${i}/reviews?sort=-date&limit=50&offset=100`,
  `mailto:someone${i}@example.com`,
]

export const URLS = Array.from({ length: 16 }, (_, i) => SHAPES(i)).flat()

/** Queries of one to eight fields, one in three with something to decode. */
export const QUERIES = Array.from({ length: 64 }, (_, i) => [
  `q=protocols&page=${i}&lang=en`,
  `utm_source=mail&utm_medium=spring&utm_campaign=shoes&id=${i}&ref=home&v=2&w=3&x=4`,
  `title=a+long+title%20of+${i}&name=J%C3%BCrgen%20M&city=K%C3%B6ln`,
  `token=abcdef0123456789${i}`,
]).flat()

/** Fields to encode: most are plain, some need escapes. */
export const FIELDS = Array.from({ length: 64 }, (_, i) => [
  { q: 'protocols', page: `${i}`, lang: 'en' },
  { source: 'mail', medium: 'spring', campaign: 'shoes & more', id: `${i}`, ref: '/home?x=1' },
  { title: `a long title of ${i}`, name: 'Jürgen M', city: 'Köln' },
  { token: `abcdef0123456789${i}` },
]).flat()
