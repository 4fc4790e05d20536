#include "controlplane/status_page/serve/gzip.h"

#include <zlib.h>

#include <stdexcept>

namespace sonde::status_page::serve {

std::string gzip(std::string_view text) {
    constexpr int kWindow = 15;
    constexpr int kGzip = 16;  // added to the window: with the header of gzip, which zlib writes without a time
    constexpr int kMemory = 8;
    z_stream stream{};
    if (deflateInit2(&stream, 6, Z_DEFLATED, kWindow + kGzip, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) throw std::runtime_error("cannot pack a document: no memory");
    std::string packed(deflateBound(&stream, text.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // which zlib only reads
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    const auto outcome = deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    if (outcome != Z_STREAM_END) throw std::runtime_error("cannot pack a document");
    return packed;
}

}  // namespace sonde::status_page::serve
