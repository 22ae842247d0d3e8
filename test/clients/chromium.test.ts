/** Pages and people in Chromium make their mistakes. */
import { after } from 'node:test'
import { chromiumMissing } from '../support/browser.ts'
import { teach } from './learn.ts'
import { lessonsOfChromium } from './lessons-of-chromium.ts'
import { closeChromium } from './pages.ts'

// All lessons have the same page at the same port.
teach('Chromium', lessonsOfChromium, { skip: chromiumMissing(), atOnce: 1 })

after(closeChromium)
