/** What an embedding application may use. */

export type { SettingNotice, Settings } from './config/settings.ts'
export { readSettings, SettingsError } from './config/settings.ts'
export type { Log } from './log/log.ts'
export type { Auth } from './middleware/embedding.ts'
export type { Sallyport, SallyportOptions } from './sallyport.ts'
export { createSallyport } from './sallyport.ts'
