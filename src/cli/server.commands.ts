import type { Command } from 'commander'
import { runDevelopment } from './dev.ts'
import { examples } from './output.ts'

export function addServerCommands(program: Command): void {
  const start = program
    .command('start')
    .description('Run the production server.')
    .action(async () => {
      const { runServer } = await import('../server.ts')
      await runServer('production')
    })
  examples(start, ['sallyport start', 'PORT=8080 sallyport start'])
  const dev = program
    .command('dev')
    .description('Run the development server; in a checkout it restarts when its source changes.')
    .action(runDevelopment)
  examples(dev, ['sallyport dev', 'PORT=5001 sallyport dev'])
}
