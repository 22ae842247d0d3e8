/** An object whose members are worked out when they are first read, and once. */
export function lazily<Members extends object>(
  makers: { [Name in keyof Members]: () => Members[Name] },
): Members {
  const members = {} as Members
  for (const name of Object.keys(makers) as (keyof Members)[]) {
    Object.defineProperty(members, name, {
      enumerable: true,
      configurable: true,
      get() {
        const value = makers[name]()
        Object.defineProperty(members, name, { value, enumerable: true })
        return value
      },
    })
  }
  return members
}
