/**
 * Times are milliseconds since the epoch. Secrets are stored only as a digest, or not at all: codes and refresh tokens
 * are derived from the ids here and a key that is not here.
 */
export const sql = `
create table accounts (
  id text primary key,
  email text not null unique,
  password_hash text not null,
  created_at bigint not null,
  disabled_at bigint,
  code_failures bigint not null default 0,
  code_lock_level bigint not null default 0,
  code_locked_until bigint not null default 0,
  code_year_ends_at bigint not null default 0,
  code_year_failures bigint not null default 0
);

create table challenges (
  id text primary key,
  account_id text not null references accounts (id) on delete cascade,
  created_at bigint not null,
  expires_at bigint not null,
  sent_at bigint not null,
  attempts_left bigint not null,
  consumed_at bigint
);
create index challenges_expiry on challenges (expires_at);
create index challenges_account on challenges (account_id);

create table sessions (
  id text primary key,
  secret_hash text not null unique,
  account_id text not null references accounts (id) on delete cascade,
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
  refresh_expires_at bigint not null default 0
);
create index sessions_account on sessions (account_id, ended_at);
create index sessions_expiry on sessions (expires_at);
create index sessions_end on sessions (ended_at);

create table mail_outbox (
  id text primary key,
  recipient text not null,
  kind text not null,
  challenge_id text,
  detail text not null,
  created_at bigint not null,
  expires_at bigint not null,
  next_attempt_at bigint not null,
  attempts bigint not null default 0,
  finished_at bigint,
  last_error text
);
create index mail_outbox_due on mail_outbox (next_attempt_at) where finished_at is null;
create index mail_outbox_expiry on mail_outbox (expires_at);

create table audit_events (
  seq {identity},
  id text not null unique,
  at bigint not null,
  type text not null,
  flow_id text,
  account_id text,
  session_id text,
  device text,
  address text,
  detail text not null,
  mac text not null
);

create table audit_pending (event_id text primary key);

create table audit_seals (
  position bigint primary key,
  event_id text not null unique,
  hash text not null
);

create table signing_keys (
  kid text primary key,
  algorithm text not null,
  public_jwk text not null,
  sealed_private_jwk text not null,
  created_at bigint not null,
  active_at bigint not null,
  follows text not null unique
);

create table singletons (name text primary key, value text not null);
insert into singletons (name, value) values ('audit_chain', '{}');
`
