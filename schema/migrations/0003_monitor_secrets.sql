-- Values that a monitor's spec refers to as {{secrets.NAME}}.
alter table monitor
    add column secrets      bytea,                        -- sealed, for the context monitor:<id>: an object of name and value; null: none
    add column secret_names text[] not null default '{}'; -- the names in it, which may be shown
