// The picture of a page, looked at as pixels.
#include "controlplane/status_page/picture/card.h"

#include <doctest/doctest.h>
#include <png.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "controlplane/status_page/html/condition_colour.h"
#include "tests/unit/status_page/sample.h"

namespace picture_card_test {

using namespace sonde;
using namespace sonde::status_page;
using html::Colour;
using picture::Card;
using picture::Font;

namespace {

constexpr int kMargin = 80;

const Font& font() {
    static const auto opened = Font::open(std::string(picture::kUsualFont));
    REQUIRE_MESSAGE(opened.ok(), (opened.ok() ? "" : opened.error().message));
    return *opened;
}

struct Picture {
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> pixels;

    explicit Picture(const std::string& png) {
        png_image image{};
        image.version = PNG_IMAGE_VERSION;
        REQUIRE(png_image_begin_read_from_memory(&image, png.data(), png.size()) != 0);
        image.format = PNG_FORMAT_RGB;
        width = static_cast<int>(image.width);
        height = static_cast<int>(image.height);
        pixels.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
        REQUIRE(png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr) != 0);
    }
    [[nodiscard]] Colour at(int x, int y) const {
        const auto* pixel = &pixels.at((static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)) * 3);
        return {pixel[0], pixel[1], pixel[2]};
    }
    // Pixels between these rows that are not of `paper`; and the first and the last column that has any.
    struct Inked {
        int pixels = 0;
        int left = 10'000;
        int right = -1;
    };
    [[nodiscard]] Inked ink(int top, int bottom, Colour paper, int from = 0, int to = picture::kCardWidth) const {
        Inked found;
        for (int y = top; y < bottom; ++y) {
            for (int x = from; x < to; ++x) {
                if (at(x, y) == paper) continue;
                ++found.pixels;
                found.left = std::min(found.left, x);
                found.right = std::max(found.right, x);
            }
        }
        return found;
    }
};

constexpr Colour kPaper{255, 255, 255};
constexpr int kTitleTop = 60, kTitleMiddle = 195, kTitleBottom = 340, kStateTop = 346, kStateBottom = 482, kDayTop = 500;

Picture drawn(const Card& card) {
    const auto png = picture::draw(card, font());
    REQUIRE(png);
    CHECK(png->size() < picture::kMostCardBytes);
    return Picture(*png);
}

Snapshot titled(const std::string& title) {
    auto page = test::sample_page();
    page.look.title = title;
    return page;
}

}  // namespace

TEST_CASE("a picture has the size that networks ask for, the page's colour and the state's") {
    for (const auto condition : {Condition::operational, Condition::maintenance, Condition::unknown, Condition::degraded, Condition::partial_outage, Condition::major_outage}) {
        CAPTURE(name_of(condition));
        auto page = test::sample_page();
        page.condition = condition;
        page.look.accent = "#ffd400";
        const auto picture = drawn(picture::card_of(page));
        CHECK(picture.width == 1200);
        CHECK(picture.height == 630);
        CHECK(picture.at(600, 8) == *html::read_colour("#ffd400"));
        CHECK(picture.at(kMargin + 20, 414) == *html::read_colour(html::colour_of(condition)));
        CHECK(picture.at(kMargin, kStateTop) == kPaper);  // round corners
        CHECK(picture.at(20, 600) == kPaper);
    }
}

TEST_CASE("title, state and day are written, within the margins") {
    const auto picture = drawn(picture::card_of(titled("Acme")));
    const auto title = picture.ink(kTitleTop, kTitleMiddle, kPaper);
    CHECK(title.pixels > 2'000);
    CHECK(title.left >= kMargin);
    CHECK(title.left < kMargin + 12);
    CHECK(picture.ink(kTitleMiddle, kTitleBottom, kPaper).pixels == 0);
    const auto colour = picture.at(kMargin + 20, 414);
    CHECK(picture.ink(kStateTop + 30, kStateBottom - 30, colour, kMargin + 20, 1'100).pixels > 2'000);
    CHECK(picture.ink(kDayTop, 630, kPaper).pixels > 500);
    CHECK(picture.ink(kDayTop, 630, kPaper).right < 1'200 - kMargin);
}

TEST_CASE("letters of every language that pages speak are there") {
    for (const std::string text : {"Čćžšđ ČĆŽŠĐ", "áéíóúñü¿¡ ÁÉÍÓÚÑÜ", "äöüß ÄÖÜẞ", "àâçéèêëîïôœùûÿ ÀÇÉŒ", "Ελλάδα", "Україна", "„“–…"}) CHECK(font().writable(text) == text);
    // Each has its own shape, not that of what is missing.
    CHECK(picture::draw(picture::card_of(titled("Č")), font()) != picture::draw(picture::card_of(titled("C")), font()));
    for (const auto* language : {"en", "de", "fr", "es", "hr"}) {
        auto page = test::sample_page();
        page.look.language = language;
        for (const auto condition : {Condition::unknown, Condition::partial_outage}) {
            page.condition = condition;
            const auto card = picture::card_of(page);
            CHECK(font().writable(card.state) == card.state);
            CHECK(font().writable(card.day) == card.day);
        }
    }
}

TEST_CASE("a long title takes two lines, is cut, and leaves the margin and the state alone") {
    for (const auto& title : {std::string("The systems of the Acme company and of all of its many subsidiaries in the whole of the world"), std::string(300, 'W'), std::string(80, 'W') + " i"}) {
        const auto picture = drawn(picture::card_of(titled(title)));
        CHECK(picture.ink(kTitleMiddle, kTitleBottom, kPaper).pixels > 2'000);
        const auto both = picture.ink(kTitleTop, kTitleBottom, kPaper);
        CHECK(both.right < 1'200 - kMargin + 4);
        CHECK(both.right > 800);
        CHECK(picture.ink(kStateBottom, kDayTop, kPaper).pixels == 0);
    }
}

TEST_CASE("what the font lacks is left out, and what would be wrong is not written at all") {
    CHECK(font().writable("Acme \U0001F9FF\U0001F9FF Cloud") == "Acme Cloud");
    CHECK(font().writable(" \tAcme\n\n Cloud ") == "Acme Cloud");
    CHECK(font().writable("שלום").empty());
    CHECK(font().writable("Acme مرحبا").empty());
    CHECK(font().writable("नमस्ते").empty());
    CHECK(font().writable("監視").empty());
    const auto picture = drawn(picture::card_of(titled("שלום")));
    CHECK(picture.ink(kTitleTop, kTitleBottom, kPaper).pixels == 0);
    CHECK(picture.ink(kDayTop, 630, kPaper).pixels > 500);
}

TEST_CASE("it is the same for as long as title, state, day and colours are") {
    auto page = test::sample_page();
    const auto first = picture::version_of(picture::card_of(page));
    page.made_at += std::chrono::hours{1};
    page.open.clear();
    CHECK(picture::version_of(picture::card_of(page)) == first);
    for (const auto& change : std::vector<std::function<void(Snapshot&)>>{
             [](Snapshot& other) { other.look.title += "x"; }, [](Snapshot& other) { other.condition = Condition::unknown; }, [](Snapshot& other) { other.made_at += std::chrono::hours{24}; },
             [](Snapshot& other) { other.look.accent = "#123456"; }, [](Snapshot& other) { other.look.language = "hr"; }}) {
        auto other = page;
        change(other);
        CHECK(picture::version_of(picture::card_of(other)) != first);
    }
    CHECK(*picture::draw(picture::card_of(page), font()) == *picture::draw(picture::card_of(page), font()));
}

TEST_CASE("hostile titles break nothing") {
    for (const auto& title : {std::string("<script>alert(1)</script>\"&"), std::string("\xff\xfe"), std::string(5'000, ' '), std::string("a\0b", 3), std::string("e") + std::string(2'000, '\xcc')}) {
        CHECK(picture::draw(picture::card_of(titled(title)), font()));
    }
}

TEST_CASE("a font that is none is refused") {
    CHECK_FALSE(Font::open("/nonexistent.ttf").ok());
    CHECK_FALSE(Font::open("/dev/null").ok());
    CHECK(Font::open("/nonexistent.ttf").error().message.find("/nonexistent.ttf") != std::string::npos);
}

}  // namespace picture_card_test
