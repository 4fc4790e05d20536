-- Users hold roles too, and what is written of them, of join tokens and of agents has its entries in the audit.
create or replace view role_use as
select role, 'client:' || id as holder from api_client where revoked_at is null
union all select role, 'user:' || id from person;

select audit_writes('person', 'user', 'id', '{password}'), audit_writes('join_token', 'join_token', 'id', '{hash}'), audit_writes('agent', 'agent', 'id');
