// English. Plain, present tense, sentence case; capitals only on plates. The fact,
// then the remedy. Each page has a section of its own.

const plural = (n: number, one: string, more: string) => `${n} ${n === 1 ? one : more}`;

export const en = {
  nav: { pages: "Pages", onAir: "On air", playlists: "Playlists", schedule: "Schedule", media: "Media", asrun: "As-run", system: "System", more: "More", skip: "Go to the content" },
  plate: {
    onAir: "ON AIR", unchecked: "ON AIR", fallback: "FALLBACK", notArriving: "NOT ARRIVING", starting: "STARTING", stopping: "STOPPING", lost: "NO LINK TO ENGINE", connecting: "CONNECTING",
    notChecked: "arrival not checked",
  },
  path: {
    label: "Signal path", programme: "Programme", encoder: "Encoder", sending: "Sending", arriving: "Arriving",
    replaced: "replaced", notYet: "not yet", runs: "runs", notKnown: "not known", notChecked: "not checked", notConfirmed: "not confirmed",
    seen: (ago: string) => `seen ${ago} ago`,
    outputs: (n: number) => plural(n, "output", "outputs"),
    publishing: "publishing", connecting: "connecting", waiting: "waiting", stopped: "stopped",
    well: "well", fault: "fault", unknown: "not known",
  },
  bar: {
    nothing: "Nothing is on air yet", opening: "The first item is being opened", stopping: "The channel is being stopped",
    left: (t: string) => `${t} left`, then: (title: string, at: string) => (at ? `then ${title} at ${at}` : `then ${title}`), live: "live, no end",
    nothingReaches: (target: string) => `Nothing reaches ${target}`,
    unconfirmed: (by: string) => `${by || "The server"} does not confirm the stream`,
    instead: (title: string) => `Something else airs instead of ${title}`, slateInstead: "The slate is on air",
    heldBy: (who: string) => `${who} holds the picture`, slatedBy: (who: string) => `${who} shows the slate`,
    since: (at: string) => `since ${at}`, sinceLabel: "since",
    attempt: (n: number, in_s: number) => (in_s > 0 ? `Attempt ${n}, next try in ${in_s} s.` : `Attempt ${n}.`), outputStopped: "The output is stopped.",
    noAnswer: "The item does not deliver.",
    lost: "No link to the engine", lostLine: (at: string) => (at ? `Last seen ${at}. What is below may no longer be true; it comes back by itself.` : "The engine does not answer. This page comes back by itself."),
    lasts: "for", notArriving: "not arriving", onFallback: "on fallback", further: (n: number) => plural(n, "further fault", "further faults"),
  },
  user: {
    menu: "Choices", signedIn: (name: string, role: string) => (name ? `${name}, ${role}` : "On this machine: everything is allowed"), signOut: "Sign out",
    theme: "Theme", system: "As the system", dark: "Dark", light: "Light", language: "Language",
    letters: "Single letters act as keys", sticky: "Sticky keys: press twice instead of long", compact: "Compact rows, without file names", help: "Keyboard",
    roles: { "": "everything", viewer: "viewer", operator: "operator", admin: "admin" },
  },
  login: { title: "Sign in", name: "Name", password: "Password", submit: "Sign in", away: "The engine does not answer. Try again.", for: (channel: string) => `to ${channel}` },
  press: { again: "Press again", tooLate: "No answer yet; see the air", undo: "Undo", notAllowed: (role: string) => `Needs the role ${role}`, noLink: "No link to the engine" },
  common: {
    cancel: "Cancel", close: "Close", save: "Save", remove: "Remove", delete: "Delete", rename: "Rename", search: "Search", retry: "Try again", reading: "Reading…", none: "–", unknown: "not known", yes: "Yes", no: "No", more: "More", open: "Open", add: "Add", all: "All", today: "Today", copy: "Copy", done: "Done", edit: "Edit",
    away: "The engine did not answer.",
  },
  kinds: { base: "Base", hard: "Hard start", soft: "Soft start", take: "Taken", filler: "Filler", slate: "Slate", live: "Live", hold: "Hold" } as Record<string, string>,
  help: {
    title: "Keyboard", everywhere: "Everywhere", keys: "Keyboard", searchField: "Search", goTo: "Go to …", thenPage: "G, then O P S M A Y: pages", cancel: "Cancel, clear",
    groups: {
      air: { title: "On air", rows: [["↑ ↓", "Row"], ["Enter", "Cue"], ["hold T", "Take"], ["N", "Cued item next"], ["hold S", "Skip"], ["hold H", "Hold"], ["hold L", "Slate"], ["Ctrl Z", "Undo"]] },
      playlists: { title: "Playlists", rows: [["↑ ↓", "Row, with Shift extend"], ["Space", "Choose"], ["Alt ↑ ↓", "Move"], ["Del", "Remove"], ["Ctrl Z, Ctrl Shift Z", "Undo, redo"], ["Ctrl S", "Save"]] },
      trim: { title: "Trim", rows: [["Space", "Play"], ["← →", "A picture, with Shift 1 s"], ["I O", "Set in, out"], ["Shift I O", "Go there"], ["J K L", "Back, stop, on"]] },
      schedule: { title: "Schedule", rows: [["← →", "Day"], ["T", "Today"], ["↑ ↓", "Start"], ["Alt ↑ ↓", "Move 1 min, with Shift 1 h"], ["Enter", "Edit"]] },
    },
  },
  onair: {},
  playlists: {},
  schedule: {},
  media: {},
  asrun: {},
  system: {},
};
