#include "CTOML.h"

// toml++ asserts things that a damaged text breaks (`[=]`), and in a release build lets the compiler assume them. Both are switched
// off here: behind each assertion stands a branch that reports the error.
#undef NDEBUG
#define TOML_ASSERT(condition) static_cast<void>(0)
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Walk {
    void *context;
    ctoml_handler handler;

    void tell(int32_t kind, std::string_view text, const toml::source_position &place) const {
        handler(context, kind, text.data(), text.size(), place.line, place.column);
    }

    void value(const toml::node &node) const {
        const auto place = node.source().begin;
        if (const auto *table = node.as_table()) {
            this->table(*table);
        } else if (const auto *array = node.as_array()) {
            tell(CTOML_ARRAY_START, {}, place);
            for (const auto &element : *array) value(element);
            tell(CTOML_ARRAY_END, {}, place);
        } else if (const auto *string = node.as_string()) {
            tell(CTOML_STRING, string->get(), place);
        } else if (const auto *boolean = node.as_boolean()) {
            tell(CTOML_LITERAL, boolean->get() ? "true" : "false", place);
        } else if (const auto *integer = node.as_integer()) {
            tell(CTOML_LITERAL, std::to_string(integer->get()), place);
        } else if (const auto *number = node.as_floating_point()) {
            char digits[64];
            const auto end = std::to_chars(digits, digits + sizeof digits, number->get());
            tell(CTOML_LITERAL, std::string_view(digits, size_t(end.ptr - digits)), place);
        } else {
            std::ostringstream text;
            node.visit([&](const auto &other) {
                if constexpr (toml::is_value<decltype(other)>) text << other.get();
            });
            tell(CTOML_LITERAL, text.str(), place);
        }
    }

    /// toml++ keeps tables sorted by key; told in the order of the text.
    void table(const toml::table &table) const {
        tell(CTOML_TABLE_START, {}, table.source().begin);
        struct Entry {
            std::string_view key;
            toml::source_position place;
            const toml::node *node;
        };
        std::vector<Entry> entries;
        for (const auto &[key, node] : table) entries.push_back({key.str(), key.source().begin, &node});
        std::stable_sort(entries.begin(), entries.end(), [](const Entry &first, const Entry &second) {
            return first.place.line != second.place.line ? first.place.line < second.place.line
                                                         : first.place.column < second.place.column;
        });
        for (const auto &entry : entries) {
            tell(CTOML_KEY, entry.key, entry.place);
            value(*entry.node);
        }
        tell(CTOML_TABLE_END, {}, table.source().begin);
    }
};

}  // namespace

int ctoml_read(const char *text, size_t length, void *context, ctoml_handler handler) {
    const Walk walk{context, handler};
    const auto result = toml::parse(std::string_view(text, length));
    if (!result) {
        const auto &error = result.error();
        walk.tell(CTOML_ERROR, error.description(), error.source().begin);
        return 1;
    }
    walk.table(result.table());
    return 0;
}
