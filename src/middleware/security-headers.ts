import type { IncomingMessage, ServerResponse } from 'node:http'
import helmet from 'helmet'

/**
 * The headers of every answer, whatever its status (ASVS 3.4): what helmet sets, asked once and kept, and `no-store`.
 *
 * @param secure adds HSTS, two years with subdomains; a browser ignores it on plain http
 */
export function securityHeaders(secure: boolean): Record<string, string> {
  const headers: Record<string, string> = {}
  const apply = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    referrerPolicy: { policy: 'no-referrer' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    strictTransportSecurity: secure ? { maxAge: 63_072_000, includeSubDomains: true } : false,
    xFrameOptions: { action: 'deny' },
    // For pages, plug-ins and browsers that are no more: bytes with every answer and nothing that they would protect here.
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  })
  const collector = {
    setHeader: (name: string, value: string) => {
      headers[name] = value
    },
    removeHeader: () => {},
  }
  apply({} as IncomingMessage, collector as unknown as ServerResponse, () => {})
  return { ...headers, 'Cache-Control': 'no-store' }
}
