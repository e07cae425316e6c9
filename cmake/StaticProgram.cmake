# CLOSELAB_STATIC, preset `static`: one file that runs on any Linux of its processor, also in an empty folder. Debian has
# no static archives of toml++ and fmt, whose headers do as well; libpcap.a wants D-Bus, which captures need not have.

set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
string(APPEND CMAKE_EXE_LINKER_FLAGS " -static-pie -s")

find_path(TOMLPLUSPLUS_INCLUDE_DIR toml++/toml.h REQUIRED)
add_library(tomlplusplus::tomlplusplus INTERFACE IMPORTED GLOBAL)
target_include_directories(tomlplusplus::tomlplusplus SYSTEM INTERFACE "${TOMLPLUSPLUS_INCLUDE_DIR}")
target_compile_definitions(tomlplusplus::tomlplusplus INTERFACE TOML_HEADER_ONLY=1)

find_path(FMT_INCLUDE_DIR fmt/format-inl.h REQUIRED)
add_library(fmt::fmt INTERFACE IMPORTED GLOBAL)
target_include_directories(fmt::fmt SYSTEM INTERFACE "${FMT_INCLUDE_DIR}")
target_compile_definitions(fmt::fmt INTERFACE FMT_HEADER_ONLY=1)

# Found before those in libpcap.a, which then are not taken, and neither is what they need.
file(CONFIGURE OUTPUT pcap_without_dbus.c @ONLY CONTENT [[
struct pcap;
struct pcap* dbus_create(const char* device, char* error, int* is_ours);
int dbus_findalldevs(void* devices, char* error);

struct pcap* dbus_create(const char* device, char* error, int* is_ours) {
  (void)device;
  (void)error;
  *is_ours = 0;
  return 0;
}

int dbus_findalldevs(void* devices, char* error) {
  (void)devices;
  (void)error;
  return 0;
}
]])
set(closelab_static_sources "${PROJECT_BINARY_DIR}/pcap_without_dbus.c")
