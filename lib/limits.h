/* Every ceiling, one line and one sentence each.  A test goes one past it. */
#ifndef SEKI_LIMITS_H
#define SEKI_LIMITS_H

#define SEKI_MIB ((size_t)1 << 20)

/* One read or write of a byte stream. */
#define SEKI_CHUNK ((size_t)65536)
/* One record, as a line of a stream (threats C10). */
#define SEKI_RECORD_MAX (4 * SEKI_MIB)
/* One SCHEMA or STATE line: 500 fields with options, or 100,000 retry keys. */
#define SEKI_SCHEMA_MAX (4 * SEKI_MIB)
/* One value (threats C10). */
#define SEKI_VALUE_MAX (1 * SEKI_MIB)
/* One record key; a workbook cell and a database index must hold it. */
#define SEKI_KEY_MAX ((size_t)255)
/* Fields of one form, inner ones counted (record API 3.1: 500 an app). */
#define SEKI_FIELDS_MAX ((size_t)512)
/* Accepted changes of a form that a stream carries; an importer may lag that
 * far behind. */
#define SEKI_STEPS_MAX ((size_t)16)
/* CODE or TABLE.CODE, and a person's name, in such a change. */
#define SEKI_PATH_MAX ((size_t)1040)
#define SEKI_PERSON_MAX ((size_t)256)
/* Rows of one table inside one record. */
#define SEKI_ROWS_MAX ((size_t)65536)
/* Nesting of a JSON text (threats C10). */
#define SEKI_JSON_DEPTH 16
/* Digits of a decimal after its exponent is written out; the service has 30. */
#define SEKI_DIGITS_MAX ((size_t)400)
/* Manifest, signature, trust file (threats C10); a manifest has a line of some
 * 200 bytes for each of as many attachments as a bundle can hold. */
#define SEKI_MANIFEST_MAX (1 * SEKI_MIB)
#define SEKI_SIGNATURE_MAX ((size_t)16384)
#define SEKI_SIGNATURES_MAX ((size_t)16)
#define SEKI_TRUST_MAX ((size_t)262144)
/* A stream's name: [a-z0-9.-]{1,64} (threats C2). */
#define SEKI_STREAM_MAX ((size_t)64)
/* An id of a person, host or audience. */
#define SEKI_ID_MAX ((size_t)63)
/* Keys a bundle is encrypted to, and what of an encrypted file stands before
 * its content: 16 keys of RSA and long names. */
#define SEKI_RECIPIENTS_MAX ((size_t)16)
#define SEKI_ENVELOPE_HEAD ((size_t)65536)
/* Notes of one manifest. */
#define SEKI_NOTES_MAX ((size_t)64)
/* Entries of our own bundle, and of a workbook others wrote (threats C1). */
#define SEKI_ENTRIES_MAX ((size_t)4096)
#define SEKI_PARTS_MAX ((size_t)2000)
/* Bundle, all it inflates to, one workbook part (DESIGN 12). */
#define SEKI_BUNDLE_MAX ((uint64_t)2 << 30)
#define SEKI_INFLATED_MAX ((uint64_t)8 << 30)
#define SEKI_PART_MAX ((uint64_t)512 << 20)
/* A cell, in UTF-16 units; rows and columns of a sheet (Excel). */
#define SEKI_CELL_MAX ((size_t)32767)
#define SEKI_SHEET_ROWS ((uint32_t)1048575)
#define SEKI_SHEET_COLS ((uint32_t)512)
/* Records a sheet: .xls readers on the way drop rows past 65,536. */
#define SEKI_SHEET_RECORDS ((uint32_t)65000)
/* Records whose digests wait while the sheet before is still being read. */
#define SEKI_SHEET_AHEAD ((size_t)65536)
/* Weight (seki_record_copy) of the records that decide a workbook's widths. */
#define SEKI_SHEET_KEEP (4 * SEKI_MIB)
/* A sheet's XML, as far as it can be counted; below SEKI_PART_MAX. */
#define SEKI_SHEET_XML ((uint64_t)384 << 20)
/* A workbook's shared strings, which must be kept in memory. */
#define SEKI_STRINGS_MAX (256 * SEKI_MIB)
/* Sheets of a workbook that a message looks for a near name among; formats of
 * its cells (Excel). */
#define SEKI_GRID_SHEETS ((size_t)64)
#define SEKI_XLSX_FORMATS ((size_t)65536)
/* Ranges of merged cells of one sheet that are remembered. */
#define SEKI_MERGED_MAX ((size_t)65536)
/* Records that are sorted in memory before they wait in a file. */
#define SEKI_SORT_MEMORY (16 * SEKI_MIB)
/* Layouts of one folder; a town has a dozen portals. */
#define SEKI_LAYOUTS_MAX ((size_t)256)
/* Tables of one run of seki-read: their names stand in the SCHEMA. */
#define SEKI_INTAKE_FILES ((size_t)1000)
/* Rows and cells that one run names before it gives up. */
#define SEKI_INTAKE_ERRORS ((uint64_t)20)
/* Links of one sheet (Excel, and libxlsxwriter refuses more). */
#define SEKI_WORKBOOK_LINKS 65530u
/* Checks of one matching table, and its columns of one master; values a report
 * shows of other records. */
#define SEKI_MATCH_CHECKS ((size_t)256)
#define SEKI_MATCH_COLS ((size_t)256)
#define SEKI_MATCH_SHOWN 12
/* Groups of one table of totals, rows and what only the stream has; its columns;
 * bytes of the values that make one group. */
#define SEKI_TOTALS_GROUPS ((size_t)10000)
#define SEKI_TOTALS_COLS ((size_t)32)
#define SEKI_TOTALS_KEY ((size_t)1000)
/* What is inflated of one attachment to look for what must not cross, archives
 * in archives there, and entries of one. */
#define SEKI_SCAN_INFLATED ((uint64_t)256 << 20)
#define SEKI_SCAN_DEPTH 4
#define SEKI_SCAN_ENTRIES ((size_t)20000)
/* Attachments whose contents are remembered, and forbidden fields. */
#define SEKI_SCAN_FILES SEKI_ENTRIES_MAX
#define SEKI_SCAN_FORBID ((size_t)256)
/* A template for names of files, and what it names. */
#define SEKI_TEMPLATE_MAX ((size_t)1000)
#define SEKI_TEMPLATE_PIECES ((size_t)64)
/* A file's name: bytes (Linux), UTF-16 units with its folder, so that a share's
 * path and it stay below the 260 of Windows; of these the folder's. */
#define SEKI_NAME_BYTES ((size_t)255)
#define SEKI_NAME_UNITS ((size_t)200)
#define SEKI_NAME_FOLDER ((size_t)80)
/* Files that one export gives names to; each costs 40 bytes of memory. */
#define SEKI_NAMES_MAX ((uint64_t)1000000)
/* A parser without rights: seconds of computing time, one more for so many
 * bytes that it may inflate, its memory (threats C10, DESIGN 12). */
#define SEKI_WORKER_CPU ((uint64_t)60)
#define SEKI_WORKER_INFLATED (16 * SEKI_MIB)
#define SEKI_WORKER_MEMORY ((uint64_t)1 << 30)
/* XML nesting and attributes of one element (threats C10). */
#define SEKI_XML_DEPTH 64
#define SEKI_XML_ATTRS 64
/* Configuration and rules files. */
#define SEKI_CONF_MAX ((size_t)262144)
#define SEKI_RULES_MAX (4 * SEKI_MIB)
/* TABLE.ok: who accepted a rules table, how often, with the last one's rows. */
#define SEKI_RULES_OK_MAX (16 * SEKI_MIB)
#define SEKI_RULES_OKS_MAX ((size_t)1000)
/* A table about single characters: the published shrink map has 63,000 rows. */
#define SEKI_CHARTABLE_MAX (16 * SEKI_MIB)
/* Cells of one CSV row: the columns of a sheet, saved as CSV. */
#define SEKI_CSV_COLS ((size_t)16384)
/* A token or other secret read from a file. */
#define SEKI_SECRET_MAX ((size_t)8192)
/* HTTP (threats C11): seconds to connect, without a byte, a page, a run. */
#define SEKI_HTTP_CONNECT 10L
#define SEKI_HTTP_STALL 30L
#define SEKI_HTTP_PAGE 60L
#define SEKI_HTTP_RUN 3600L
#define SEKI_HTTP_BODY (64 * SEKI_MIB)
/* A run that carries files: a slow line brings 4 GiB in that time. */
#define SEKI_HTTP_RUN_FILES 14400L
/* One attachment: what is taken unless said otherwise, and what the service
 * keeps at most (record API 7.1). */
#define SEKI_FILE_MAX ((uint64_t)256 << 20)
#define SEKI_FILE_MOST ((uint64_t)1 << 30)
#define SEKI_HTTP_TRIES 5
/* Connections of one pull: the organisation has 100 (record API 7.1). */
#define SEKI_HTTP_CONNECTIONS 4u
#define SEKI_HTTP_CONNECTIONS_MAX 8u
/* Requests an app has a day, and from how many on it is said (record API 7.1,
 * the standard course). */
#define SEKI_HTTP_DAY ((uint64_t)10000)
#define SEKI_HTTP_DAY_WARN ((uint64_t)8000)
/* Records of one page (record API 2.2). */
#define SEKI_PAGE 500
/* Records of one writing request, requests of one transaction (record API 6).
 */
#define SEKI_PUSH_BATCH ((size_t)100)
#define SEKI_PUSH_BULK ((size_t)20)
/* What one writing request is filled with; one record may be larger. */
#define SEKI_PUSH_BODY (8 * SEKI_MIB)
/* Records refused or in conflict before a push gives up: each costs requests
 * of the app's daily number. */
#define SEKI_PUSH_TROUBLE ((uint64_t)1000)
/* Values of a block of rows that are kept to say which column is wrong. */
#define SEKI_RECLIST_KEEP (16 * SEKI_MIB)
/* Cells that the text of a signature may take (seki-workbook(5)): 300 MB. */
#define SEKI_SIGTEXT_MAX ((size_t)99999)
/* A list of damaged values, which is read out by phone or carried. */
#define SEKI_DAMAGE_MAX (64 * SEKI_MIB)
/* Damaged cells that are named; more are counted. */
#define SEKI_DAMAGE_ITEMS ((size_t)20000)
/* What belongs to one key of a workbook that others may have written: a record
 * with its tables, twice over. */
#define SEKI_RELAY_KEY (4 * SEKI_RECORD_MAX)
/* Temporary files that a signal removes, and the longest name of one. */
#define SEKI_TMP_MAX 32
#define SEKI_TMP_PATH 4096
/* Seconds after which one that nobody writes to was left by a killed run, and
 * files of a run before which such are looked for. */
#define SEKI_TMP_AGE 3600
#define SEKI_TMP_SWEEPS 16
/* Seconds to wait for a database lock (threats C9). */
#define SEKI_LOCK_WAIT 30
/* A clock may lag the newest accepted bundle, and lead a bundle, by (C6). */
#define SEKI_CLOCK_BEHIND 86400
#define SEKI_CLOCK_AHEAD 300

#endif
