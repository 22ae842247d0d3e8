import type { MailLanguage } from '../message-catalogue.ts'

export const en: MailLanguage = {
  mails: {
    login_code: {
      subject: '{code} is your {productName} code',
      paragraphs: [
        'Your code is: {code}',
        'Expires in {lifetime}. Asked for at {askedAt} from {device}.',
        'Not you? Somebody knows your password: change it.',
      ],
    },
    registration_code: {
      subject: '{code} confirms your new {productName} account',
      paragraphs: [
        'Your code is: {code}',
        'It opens your account. Expires in {lifetime}. Asked for at {askedAt} from {device}.',
        'You did not ask for this? There is nothing to do: without the code no account is opened. Ignore this mail.',
      ],
    },
    reset_code: {
      subject: '{code} resets your {productName} password',
      paragraphs: [
        'Your code is: {code}',
        'It lets you set a new password. Expires in {lifetime}. Asked for at {askedAt} from {device}.',
        'You did not ask for this? There is nothing to do: your password stays as it is. Ignore this mail.',
      ],
    },
    step_up_code: {
      subject: '{code} confirms that it is you at {productName}',
      paragraphs: [
        'Your code is: {code}',
        'It is asked for before a sensitive change to your account. Expires in {lifetime}. Asked for at {askedAt} from {device}.',
        'Not you? Somebody is logged in to your account: change your password, and end that session.',
      ],
    },
    email_change_code: {
      subject: '{code} confirms your new {productName} address',
      paragraphs: [
        'Your code is: {code}',
        'It makes this the e-mail address of your account. Expires in {lifetime}. Asked for at {askedAt} from {device}.',
        'You did not ask for this? There is nothing to do: without the code no address is changed. Ignore this mail.',
      ],
    },
    invitation: {
      subject: 'Your invitation to {productName}',
      paragraphs: [
        'You are invited to open a {productName} account. Your invitation code is: {code}',
        'Expires in {lifetime}. Enter it when you register with this address.',
        'You did not expect this? There is nothing to do: ignore this mail.',
      ],
    },
    address_taken: {
      subject: 'You already have a {productName} account',
      paragraphs: [
        'Somebody wanted to open an account with this address, or to move an account to it: at {askedAt} from {device}. You have an account with it already, and nothing was changed.',
        'Was it you? Log in, or reset your password if you do not know it any more.',
        'Not you? There is nothing to do: ignore this mail.',
      ],
    },
    new_device: {
      subject: 'A new browser logged in to your {productName} account',
      paragraphs: [
        'Somebody logged in to your account on {usedAt} from {device}. That browser had not logged in before.',
        'Was it you? There is nothing to do.',
        'Not you? Change your password, and end that session.',
      ],
    },
    login_after_failures: {
      subject: 'Wrong passwords, then a login to your {productName} account',
      paragraphs: [
        'After {wrongPasswords}, somebody logged in to your account on {usedAt} from {device}.',
        'Was it you? There is nothing to do.',
        'Not you? Somebody found out your password: change it, and end that session.',
      ],
    },
    code_locked: {
      subject: 'Too many wrong codes for your {productName} account',
      paragraphs: [
        'Too many wrong codes were entered for your account. To protect it, every code is refused until {lockedUntil}.',
        'Not you? Somebody may know your password: change it.',
      ],
    },
    refresh_reused: {
      subject: 'A {productName} session of yours was ended',
      paragraphs: [
        'A copied refresh token of your account was used on {usedAt}. Everything that belongs to that session was ended.',
        'Log in again to go on. If this happens again, somebody can read what that device or app stores.',
      ],
    },
    password_changed: {
      subject: 'Your {productName} password was changed',
      paragraphs: [
        'The password of your account was changed on {usedAt} from {device}. All other sessions were ended.',
        'Was it you? There is nothing to do.',
        'Not you? Reset your password at once.',
      ],
    },
    email_changed: {
      subject: 'The address of your {productName} account was changed',
      paragraphs: [
        'Your account was moved to another e-mail address on {usedAt} from {device}. Its mail does not come here any more.',
        'Was it you? There is nothing to do.',
        'Not you? Undo it within {lifetime}. Enter this code where you manage your account, then change your password: {code}',
      ],
    },
    email_change_undone: {
      subject: 'The change of your {productName} address was undone',
      paragraphs: [
        'The change of the e-mail address of your account was undone on {usedAt}. The address from before it is in use again.',
        'Somebody else had changed it? Change your password: they may know it.',
      ],
    },
    account_deleted: {
      subject: 'Your {productName} account was deleted',
      paragraphs: [
        'Your account was deleted on {usedAt}, and all its sessions were ended.',
        'Not you? Tell the people who run {productName}.',
      ],
    },
  },
  minutes: { one: '{count} minute', other: '{count} minutes' },
  hours: { one: '{count} hour', other: '{count} hours' },
  days: { one: '{count} day', other: '{count} days' },
  wrongPasswords: { one: '{count} wrong password', other: '{count} wrong passwords' },
  dateAndTime: '{year}-{month}-{day} {time}',
  browserOnSystem: '{browser} on {system}',
  unknownDevice: 'an unknown client',
}
