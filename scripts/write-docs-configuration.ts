import { writeFileSync } from 'node:fs'
import { renderConfigurationDocs } from '../src/config/render-docs.ts'
import { renderEnvExample } from '../src/config/render-env-example.ts'

// Run after a change in src/config/entries/; test/unit/config-files.test.ts fails until it was.
const root = new URL('../', import.meta.url)
writeFileSync(new URL('docs/configuration.md', root), renderConfigurationDocs())
writeFileSync(new URL('.env.example', root), renderEnvExample())
