// Status pages in the database. Every call is part of the caller's transaction and throws DbError.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controlplane/status_page/draft.h"
#include "lib/base/status_page_id.h"
#include "lib/db/db.h"

namespace sonde::status_page {

struct StoredPage {
    StatusPageId id;
    PageDraft draft;
    Guard guard;
    int version = 1;
    TimePoint created_at;
    TimePoint updated_at;
};

namespace store {

// For lists in an order of their own: what of `status_page` makes a page, in the order of `read`.
extern const std::string_view kColumns;
inline constexpr int kColumnCount = 28;
// The same without what is large: pictures, style sheet, accounting and groups read as if there were none.
extern const std::string_view kSlimColumns;
StoredPage read(const db::Row& row);

std::optional<StoredPage> find(db::Tx& tx, StatusPageId id);
// As `find`, and nobody else changes it before the transaction ends.
std::optional<StoredPage> lock(db::Tx& tx, StatusPageId id);
int count(db::Tx& tx);
// Throw DbError(unique) if slug or domain is another page's: the constraint is `status_page_slug` or `status_page_host`.
void insert(db::Tx& tx, const StoredPage& page);
void update(db::Tx& tx, const StoredPage& page);
void remove(db::Tx& tx, StatusPageId id);

}  // namespace store
}  // namespace sonde::status_page
