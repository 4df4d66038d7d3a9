// What the page is told: every entry with its number, kept so that a page that comes later or comes back misses nothing.

import type { TimelineEntry } from "../timeline.ts";

export interface FeedItem {
  readonly id: number;
  readonly entry: TimelineEntry;
}

/** So many are kept; a page that was away for longer begins with the oldest of them. */
const MOST_KEPT = 20_000;

export class Feed {
  readonly #items: FeedItem[] = [];
  readonly #listeners = new Set<(item: FeedItem) => void>();
  #lastId = 0;

  take(entry: TimelineEntry): void {
    // What containers write is not the page's business, and may be secret.
    if (entry.kind === "output") return;
    const item = { id: ++this.#lastId, entry };
    this.#items.push(item);
    if (this.#items.length > MOST_KEPT) this.#items.splice(0, MOST_KEPT / 10);
    for (const listener of this.#listeners) listener(item);
  }

  /** Those after `id`, oldest first. */
  after(id: number): readonly FeedItem[] {
    return this.#items.filter((item) => item.id > id);
  }

  /** Gives what ends it. */
  listen(listener: (item: FeedItem) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
