// Which page is shown: the address says it, so that back, bookmarks and links work.

export const pages = ["on-air", "playlists", "schedule", "media", "asrun", "system"] as const;
export type Page = (typeof pages)[number];

class Route {
  page = $state<Page>("on-air");
  /** What follows the page in the path, decoded: /playlists/shows%2Fevening.yml gives shows/evening.yml. */
  rest = $state("");
  query = $state.raw(new URLSearchParams());

  constructor() {
    if (typeof window === "undefined") return;
    this.#read();
    window.addEventListener("popstate", () => this.#read());
  }

  path(page: Page = this.page, rest = this.rest, query = this.query): string {
    const q = query.toString();
    return `/${page}${rest ? `/${encodeURIComponent(rest)}` : ""}${q ? `?${q}` : ""}`;
  }

  /** Goes to a page. What is edited on the one that is left must outlive it. */
  go(page: Page, rest = "", query: Record<string, string> = {}): void {
    history.pushState(null, "", this.path(page, rest, new URLSearchParams(query)));
    this.#read();
  }

  /** Changes the query in place, without a step to go back over. */
  refine(query: Record<string, string>): void {
    history.replaceState(null, "", this.path(this.page, this.rest, new URLSearchParams(query)));
    this.#read();
  }

  #read(): void {
    const [, page = "", rest = ""] = location.pathname.split("/");
    this.page = pages.find((p) => p === page) ?? "on-air";
    try { this.rest = decodeURIComponent(rest); } catch { this.rest = ""; }
    this.query = new URLSearchParams(location.search);
  }
}

export const route = new Route();

/** For links: `<a {href} onclick={follow}>`, so that opening in another tab still works. */
export function follow(e: MouseEvent): void {
  if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
  const a = (e.currentTarget as HTMLElement).closest("a");
  if (!a) return;
  e.preventDefault();
  const url = new URL(a.href);
  const [, page = "", rest = ""] = url.pathname.split("/");
  route.go(pages.find((p) => p === page) ?? "on-air", decodeURIComponent(rest), Object.fromEntries(url.searchParams));
}
