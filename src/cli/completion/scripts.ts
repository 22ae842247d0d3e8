export type Completion = {
  /** The words of a command, '' for the program itself. */
  path: string
  words: { word: string; says: string }[]
}

type Shell = 'bash' | 'zsh' | 'fish'

/** Static scripts: nothing is started while somebody types. */
export const scripts: Record<Shell, (completions: Completion[]) => string> = {
  bash: (completions) => `${posix(completions, 'COMP_WORDS[@]:1:COMP_CWORD-1')}
_sallyport() {
  local offered
  _sallyport_offered
  COMPREPLY=($(compgen -W "$offered" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _sallyport sallyport`,
  zsh: (completions) => `#compdef sallyport
${posix(completions, 'typed[@]')}
_sallyport() {
  local -a typed=("\${(@)words[2,CURRENT-1]}")
  local offered
  _sallyport_offered
  compadd -- \${=offered}
}
compdef _sallyport sallyport`,
  fish: (completions) => `function __sallyport_taken
  set -l taken
  for word in (commandline -opc)[2..]
    set -l longer (string join ' ' $taken $word)
    contains -- $longer ${pathsOf(completions).map(quote).join(' ')}; and set taken $taken $word
  end
  string join ' ' $taken
end
complete -c sallyport -f
${completions.flatMap(fishLines).join('\n')}`,
}

/** For bash and zsh: sets `offered` to what may follow the words before the cursor. */
function posix(completions: Completion[], before: string): string {
  const cases = completions.map(
    ({ path, words }) => `    ${quote(path)}) offered=${quote(words.map(({ word }) => word).join(' '))} ;;`,
  )
  return `_sallyport_offered() {
  local word longer taken=
  for word in "\${${before}}"; do
    longer="\${taken:+$taken }$word"
    case "$longer" in
      ${pathsOf(completions).map(quote).join('|')}) taken="$longer" ;;
    esac
  done
  offered=
  case "$taken" in
${cases.join('\n')}
  esac
}`
}

function pathsOf(completions: Completion[]): string[] {
  return completions.map(({ path }) => path).filter((path) => path !== '')
}

function fishLines({ path, words }: Completion): string[] {
  const condition = `test (__sallyport_taken | string collect -a) = ${quote(path)}`
  return words.map(({ word, says }) => {
    const description = says.split(/(?<=\.) /)[0] ?? ''
    return `complete -c sallyport -n ${quote(condition)} -a ${quote(word)} -d ${quote(description)}`
  })
}

/** In single quotes, as all three shells read them; a quote within ends and begins them again. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
