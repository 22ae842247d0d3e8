/** Scripts make their mistakes: fetch and axios in Node, and HTTP written by hand. */
import { teach } from './learn.ts'
import { lessonsOfAxios } from './lessons-of-axios.ts'
import { lessonsOfFetch } from './lessons-of-fetch.ts'
import { lessonsOfSocket } from './lessons-of-socket.ts'

teach('fetch in Node', lessonsOfFetch)
teach('axios in Node', lessonsOfAxios)
teach('a socket', lessonsOfSocket)
