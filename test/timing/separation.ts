/**
 * How well one threshold tells two classes of times apart: the area under the curve of the best such classifier, which for one
 * threshold is (true positives + true negatives) / 2. 0.5 is a coin; 2,000 samples of one and the same class give up to 0.52.
 */
export function separation(first: number[], second: number[]): number {
  const times = [
    ...first.map((ms) => ({ ms, isFirst: true })),
    ...second.map((ms) => ({ ms, isFirst: false })),
  ].sort((a, b) => a.ms - b.ms)
  let [seenFirst, seenSecond, widest] = [0, 0, 0]
  for (const [index, { ms, isFirst }] of times.entries()) {
    if (isFirst) seenFirst++
    else seenSecond++
    // A threshold can't part equal times.
    if (times[index + 1]?.ms === ms) continue
    widest = Math.max(widest, Math.abs(seenFirst / first.length - seenSecond / second.length))
  }
  return 0.5 + widest / 2
}

export function median(times: number[]): number {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
}
