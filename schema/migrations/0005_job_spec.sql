-- What jobs carry of a spec: without the fields that are as they would be anyway. Written with `spec`; null: the spec itself. Ten thousand
-- monitors send it hundreds of times a second.
alter table monitor add column job_spec text;
