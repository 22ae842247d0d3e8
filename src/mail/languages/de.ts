import type { MailLanguage } from '../message-catalogue.ts'

/** Sie throughout. `{device}` and `{wrongPasswords}` stand in the dative, after "mit" and "nach". */
export const de: MailLanguage = {
  mails: {
    login_code: {
      subject: '{code} ist Ihr Code für {productName}',
      paragraphs: [
        'Ihr Code lautet: {code}',
        'Er gilt {lifetime}. Angefordert um {askedAt} mit {device}.',
        'Das waren nicht Sie? Dann kennt jemand Ihr Passwort: Ändern Sie es.',
      ],
    },
    registration_code: {
      subject: '{code} bestätigt Ihr neues Konto bei {productName}',
      paragraphs: [
        'Ihr Code lautet: {code}',
        'Damit eröffnen Sie Ihr Konto. Er gilt {lifetime}. Angefordert um {askedAt} mit {device}.',
        'Sie haben das nicht angefordert? Dann ist nichts zu tun: Ohne den Code wird kein Konto eröffnet. Ignorieren Sie diese Mail.',
      ],
    },
    reset_code: {
      subject: '{code} setzt Ihr Passwort bei {productName} zurück',
      paragraphs: [
        'Ihr Code lautet: {code}',
        'Damit setzen Sie ein neues Passwort. Er gilt {lifetime}. Angefordert um {askedAt} mit {device}.',
        'Sie haben das nicht angefordert? Dann ist nichts zu tun: Ihr Passwort bleibt, wie es ist. Ignorieren Sie diese Mail.',
      ],
    },
    step_up_code: {
      subject: '{code} bestätigt bei {productName}, dass Sie es sind',
      paragraphs: [
        'Ihr Code lautet: {code}',
        'Er wird vor einer heiklen Änderung an Ihrem Konto verlangt. Er gilt {lifetime}. Angefordert um {askedAt} mit {device}.',
        'Das waren nicht Sie? Dann ist jemand in Ihrem Konto angemeldet: Ändern Sie Ihr Passwort, und beenden Sie diese Sitzung.',
      ],
    },
    email_change_code: {
      subject: '{code} bestätigt Ihre neue Adresse bei {productName}',
      paragraphs: [
        'Ihr Code lautet: {code}',
        'Damit wird dies die E-Mail-Adresse Ihres Kontos. Er gilt {lifetime}. Angefordert um {askedAt} mit {device}.',
        'Sie haben das nicht angefordert? Dann ist nichts zu tun: Ohne den Code wird keine Adresse geändert. Ignorieren Sie diese Mail.',
      ],
    },
    invitation: {
      subject: 'Ihre Einladung zu {productName}',
      paragraphs: [
        'Sie sind eingeladen, ein Konto bei {productName} zu eröffnen. Ihr Einladungscode lautet: {code}',
        'Er gilt {lifetime}. Geben Sie ihn ein, wenn Sie sich mit dieser Adresse registrieren.',
        'Sie haben das nicht erwartet? Dann ist nichts zu tun: Ignorieren Sie diese Mail.',
      ],
    },
    address_taken: {
      subject: 'Sie haben schon ein Konto bei {productName}',
      paragraphs: [
        'Jemand wollte mit dieser Adresse ein Konto eröffnen oder ein Konto auf sie umstellen: um {askedAt} mit {device}. Sie haben damit schon ein Konto, und es wurde nichts geändert.',
        'Das waren Sie? Melden Sie sich an, oder setzen Sie Ihr Passwort zurück, wenn Sie es nicht mehr wissen.',
        'Das waren nicht Sie? Dann ist nichts zu tun: Ignorieren Sie diese Mail.',
      ],
    },
    new_device: {
      subject: 'Ein neuer Browser ist in Ihrem Konto bei {productName} angemeldet',
      paragraphs: [
        'Am {usedAt} hat sich jemand mit {device} in Ihrem Konto angemeldet. Dieser Browser war dort noch nie angemeldet.',
        'Das waren Sie? Dann ist nichts zu tun.',
        'Das waren nicht Sie? Ändern Sie Ihr Passwort, und beenden Sie diese Sitzung.',
      ],
    },
    login_after_failures: {
      subject: 'Falsche Passwörter, dann eine Anmeldung in Ihrem Konto bei {productName}',
      paragraphs: [
        'Nach {wrongPasswords} hat sich am {usedAt} jemand mit {device} in Ihrem Konto angemeldet.',
        'Das waren Sie? Dann ist nichts zu tun.',
        'Das waren nicht Sie? Dann hat jemand Ihr Passwort herausgefunden: Ändern Sie es, und beenden Sie diese Sitzung.',
      ],
    },
    code_locked: {
      subject: 'Zu viele falsche Codes für Ihr Konto bei {productName}',
      paragraphs: [
        'Für Ihr Konto wurden zu viele falsche Codes eingegeben. Zu seinem Schutz wird bis zum {lockedUntil} jeder Code abgelehnt.',
        'Das waren nicht Sie? Dann kennt vielleicht jemand Ihr Passwort: Ändern Sie es.',
      ],
    },
    refresh_reused: {
      subject: 'Eine Ihrer Sitzungen bei {productName} wurde beendet',
      paragraphs: [
        'Am {usedAt} wurde ein kopiertes Refresh-Token Ihres Kontos benutzt. Alles, was zu dieser Sitzung gehört, wurde beendet.',
        'Melden Sie sich neu an, um weiterzumachen. Geschieht das wieder, kann jemand lesen, was dieses Gerät oder diese App speichert.',
      ],
    },
    password_changed: {
      subject: 'Ihr Passwort bei {productName} wurde geändert',
      paragraphs: [
        'Das Passwort Ihres Kontos wurde am {usedAt} mit {device} geändert. Alle anderen Sitzungen wurden beendet.',
        'Das waren Sie? Dann ist nichts zu tun.',
        'Das waren nicht Sie? Setzen Sie Ihr Passwort sofort zurück.',
      ],
    },
    email_changed: {
      subject: 'Die Adresse Ihres Kontos bei {productName} wurde geändert',
      paragraphs: [
        'Ihr Konto wurde am {usedAt} mit {device} auf eine andere E-Mail-Adresse umgestellt. Seine Mails kommen nicht mehr hierher.',
        'Das waren Sie? Dann ist nichts zu tun.',
        'Das waren nicht Sie? Sie können es noch {lifetime} lang rückgängig machen. Geben Sie diesen Code dort ein, wo Sie Ihr Konto verwalten, und ändern Sie dann Ihr Passwort: {code}',
      ],
    },
    email_change_undone: {
      subject: 'Die Änderung Ihrer Adresse bei {productName} wurde rückgängig gemacht',
      paragraphs: [
        'Die Änderung der E-Mail-Adresse Ihres Kontos wurde am {usedAt} rückgängig gemacht. Die Adresse von vorher gilt wieder.',
        'Jemand anderes hatte sie geändert? Ändern Sie Ihr Passwort: Es ist vielleicht bekannt.',
      ],
    },
    account_deleted: {
      subject: 'Ihr Konto bei {productName} wurde gelöscht',
      paragraphs: [
        'Ihr Konto wurde am {usedAt} gelöscht, und alle seine Sitzungen wurden beendet.',
        'Das waren nicht Sie? Wenden Sie sich an die Betreiber von {productName}.',
      ],
    },
  },
  minutes: { one: '{count} Minute', other: '{count} Minuten' },
  hours: { one: '{count} Stunde', other: '{count} Stunden' },
  days: { one: '{count} Tag', other: '{count} Tage' },
  wrongPasswords: { one: '{count} falschen Passwort', other: '{count} falschen Passwörtern' },
  dateAndTime: '{day}.{month}.{year} um {time}',
  browserOnSystem: '{browser} unter {system}',
  unknownDevice: 'einem unbekannten Programm',
}
