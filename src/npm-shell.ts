/**
 * npm runs scripts in a shell, and a SIGTERM to npm ends that shell without reaching what runs in it. Calls `end` once when that
 * has happened; does nothing for a process that npm didn't start.
 */
export function onNpmShellEnd(end: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return
  const shell = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === shell) return
    clearInterval(timer)
    end()
  }, 250)
  timer.unref()
}
