-- What holds for the whole installation, whichever control plane does the work (controlplane/retention).
create table settings (
    name       text primary key default 'installation' check (name = 'installation'),  -- one row
    retention  jsonb not null default '{}' check (jsonb_typeof(retention) = 'object'),  -- days; null and what is missing: as the configuration says
    version    integer not null default 1,
    updated_at timestamptz not null default now()
);
insert into settings default values;

select audit_writes('settings', 'settings', 'name');
