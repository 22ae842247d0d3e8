/**
 * What tells other people's APIs that a token is dead, and who reads our keys. Expands only: a server of before goes on beside
 * it, and doesn't know that a key was revoked, so finish the upgrade before you revoke one.
 */
export const sql = `
alter table signing_keys add column revoked_at bigint;

create table key_readers (
  id text primary key,
  newest_kid text not null,
  read_at bigint not null
);
create index key_readers_age on key_readers (read_at);

create table deleted_sessions (
  id text primary key,
  ended_at bigint not null
);
create index deleted_sessions_end on deleted_sessions (ended_at);
`
