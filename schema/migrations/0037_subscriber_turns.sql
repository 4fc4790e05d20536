-- News is sent to the subscribers of each page in turn, so that a page with many keeps no other one waiting.
alter table subscriber_delivery add column page_id bigint;  -- of news: its notice's

update subscriber_delivery d set page_id = n.page_id from page_notice n where n.id = d.notice_id;

alter table subscriber_delivery add constraint subscriber_delivery_of_page check ((page_id is null) = (notice_id is null));

create index subscriber_delivery_by_page on subscriber_delivery (kind, page_id, next_at, id) where page_id is not null and state in ('planned', 'sending');
