/**
 * Registration, recovery, step-up, trusted devices, budgets of addresses. Expands only: a server of before goes on beside it,
 * and knows nothing of a session that has no account yet, which it therefore refuses.
 */
const tables = `
alter table accounts add column claims text not null default '{}';
alter table accounts add column language text not null default 'en';
alter table accounts add column first_login_at bigint;
update accounts set first_login_at = created_at;

create table address_budgets (
  email text primary key,
  code_failures bigint not null default 0,
  code_lock_level bigint not null default 0,
  code_locked_until bigint not null default 0,
  code_year_ends_at bigint not null default 0,
  code_year_failures bigint not null default 0,
  password_failures bigint not null default 0,
  password_next_at bigint not null default 0,
  known_failures bigint not null default 0,
  known_since bigint not null default 0,
  mail_window_ends_at bigint not null default 0,
  mails_in_window bigint not null default 0,
  mail_hour_ends_at bigint not null default 0,
  mails_in_hour bigint not null default 0,
  updated_at bigint not null default 0
);
create index address_budgets_age on address_budgets (updated_at);

create table trusted_devices (
  id text primary key,
  secret_hash text not null unique,
  account_id text not null references accounts (id) on delete cascade,
  name text not null,
  device text not null,
  address text not null,
  created_at bigint not null,
  last_used_at bigint not null,
  expires_at bigint not null
);
create index trusted_devices_account on trusted_devices (account_id);
create index trusted_devices_expiry on trusted_devices (expires_at);

create table invitations (
  id text primary key,
  code_hash text not null unique,
  email text not null,
  created_at bigint not null,
  expires_at bigint not null,
  consumed_at bigint
);
create index invitations_expiry on invitations (expires_at);

create table email_changes (
  id text primary key,
  code_hash text not null unique,
  account_id text not null references accounts (id) on delete cascade,
  position bigint not null,
  old_email text not null,
  new_email text not null,
  created_at bigint not null,
  expires_at bigint not null,
  undone_at bigint
);
create index email_changes_old on email_changes (old_email);
create index email_changes_account on email_changes (account_id);
create index email_changes_expiry on email_changes (expires_at);

create index audit_events_account on audit_events (account_id, seq);
create index audit_events_flow on audit_events (flow_id);
alter table mail_outbox add column source text;
alter table mail_outbox add column is_for_nobody bigint not null default 0;
create index mail_outbox_waiting on mail_outbox (recipient) where finished_at is null;
`

const challenges = `
  purpose text not null default 'login',
  email text,
  details text not null default '{}'`

/** SQLite can't take back a "not null", so its two tables are made anew; nothing refers to them. */
const sqlite = `
create table challenges_2 (
  id text primary key,
  account_id text references accounts (id) on delete cascade,
  created_at bigint not null,
  expires_at bigint not null,
  sent_at bigint not null,
  attempts_left bigint not null,
  consumed_at bigint,${challenges}
);
insert into challenges_2 (id, account_id, created_at, expires_at, sent_at, attempts_left, consumed_at)
  select id, account_id, created_at, expires_at, sent_at, attempts_left, consumed_at from challenges;
drop table challenges;
alter table challenges_2 rename to challenges;
create index challenges_expiry on challenges (expires_at);
create index challenges_account on challenges (account_id);

create table sessions_2 (
  id text primary key,
  secret_hash text not null unique,
  account_id text references accounts (id) on delete cascade,
  stage text not null,
  challenge_id text,
  flow_id text not null,
  amr text not null,
  auth_time bigint not null,
  device text not null,
  address text not null,
  created_at bigint not null,
  last_seen_at bigint not null,
  idle_expires_at bigint not null,
  expires_at bigint not null,
  ended_at bigint,
  ended_because text,
  data text not null default '{}',
  data_saved_at bigint not null default 0,
  refresh_family text unique,
  refresh_generation bigint not null default 0,
  refresh_rotated_at bigint not null default 0,
  refresh_expires_at bigint not null default 0,
  challenge_purpose text not null default 'login',
  device_id text,
  ended_from text
);
insert into sessions_2 (id, secret_hash, account_id, stage, challenge_id, flow_id, amr, auth_time, device, address, created_at,
    last_seen_at, idle_expires_at, expires_at, ended_at, ended_because, data, data_saved_at, refresh_family,
    refresh_generation, refresh_rotated_at, refresh_expires_at)
  select id, secret_hash, account_id, stage, challenge_id, flow_id, amr, auth_time, device, address, created_at,
    last_seen_at, idle_expires_at, expires_at, ended_at, ended_because, data, data_saved_at, refresh_family,
    refresh_generation, refresh_rotated_at, refresh_expires_at from sessions;
drop table sessions;
alter table sessions_2 rename to sessions;
create index sessions_account on sessions (account_id, ended_at);
create index sessions_expiry on sessions (expires_at);
create index sessions_end on sessions (ended_at);
`

const postgres = `
alter table challenges alter column account_id drop not null,
  add column purpose text not null default 'login',
  add column email text,
  add column details text not null default '{}';
alter table sessions alter column account_id drop not null,
  add column challenge_purpose text not null default 'login',
  add column device_id text,
  add column ended_from text;
`

export const sql = { sqlite: `${tables}${sqlite}`, postgres: `${tables}${postgres}` }
