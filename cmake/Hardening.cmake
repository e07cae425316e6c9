# What makes a defect harder to exploit, in release builds; private to our own targets and never exported. A program is
# position-independent, so that its addresses are random, and its jump tables are read-only (full RELRO).

if(CMAKE_BUILD_TYPE MATCHES "Rel")
  include(CheckPIESupported)
  check_pie_supported(LANGUAGES CXX)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
endif()

# -fcf-protection is of x86 alone.
include(CheckCXXCompilerFlag)
check_cxx_compiler_flag(-fcf-protection CLOSELAB_HAS_CF_PROTECTION)

add_library(closelab_hardening INTERFACE)
set(release $<CONFIG:Release,RelWithDebInfo,MinSizeRel>)
target_compile_options(closelab_hardening INTERFACE
  $<${release}:-U_FORTIFY_SOURCE> $<${release}:-D_FORTIFY_SOURCE=3>
  $<${release}:-fstack-protector-strong> $<${release}:-fstack-clash-protection>
  $<$<AND:${release},$<BOOL:${CLOSELAB_HAS_CF_PROTECTION}>>:-fcf-protection>)
target_link_options(closelab_hardening INTERFACE $<${release}:-Wl,-z,relro,-z,now>)

if(TARGET closelab_llhttp)
  target_link_libraries(closelab_llhttp PRIVATE closelab_hardening)
endif()
