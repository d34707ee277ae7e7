/** The grandstand: a page that shows the game in any browser. UDP for those who play, HTTP for those who look on. */
import { type Server, serve } from '@sluice/http'
import { livePage } from '../../lib/live-page.ts'
import type { Match } from './match.ts'
import { BOARD } from './world.ts'

/** Serves the page. */
export async function openGrandstand(
  match: Match,
  place: { hostname: string; port: number },
): Promise<Server> {
  const page = await livePage(new URL('page.html', import.meta.url), () => {
    let last = ''
    return () => {
      const pieces = [...match.world.pieces.values()]
      const picture = JSON.stringify({ board: BOARD, pieces, coins: match.world.coins })
      if (picture === last) return undefined
      last = picture
      return picture
    }
  })
  return serve(page, { ...place, limits: { connections: 200 } })
}
