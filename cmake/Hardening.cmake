# What makes a defect harder to exploit, in release builds; private to our own targets and never exported. A program is
# position-independent, so that its addresses are random, and its jump tables are read-only (full RELRO).

if(CMAKE_BUILD_TYPE MATCHES "Rel")
  # A static program says -static-pie itself; a -pie after it would make it a dynamic one.
  if(NOT CLOSELAB_STATIC)
    include(CheckPIESupported)
    check_pie_supported(LANGUAGES CXX)
  endif()
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

# Shadow stacks (CET) are switched on for a program whose every object says that it can bear them. All can; Debian 12's
# crt1.o does not say so, and the linker therefore has to. Of indirect branches (IBT) it can't say it in their place.
if(CLOSELAB_HAS_CF_PROTECTION)
  include(CheckLinkerFlag)
  check_linker_flag(CXX -Wl,-z,shstk CLOSELAB_LINKS_SHADOW_STACKS)
  target_link_options(closelab_hardening INTERFACE
    $<$<AND:${release},$<BOOL:${CLOSELAB_LINKS_SHADOW_STACKS}>>:-Wl,-z,shstk>)
endif()

if(TARGET closelab_llhttp)
  target_link_libraries(closelab_llhttp PRIVATE closelab_hardening)
endif()
