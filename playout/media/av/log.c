#include <libavutil/log.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void airloomLog(int level, char *line);

// A line longer than this is cut: libav's longest useful ones are far shorter.
enum { LINE = 2048 };

static void callback(void *ctx, int level, const char *fmt, va_list args) {
	char line[LINE];
	int prefix = 1;
	level &= 0xff; // the upper bits carry a colour
	if (level > av_log_get_level()) return;
	av_log_format_line2(ctx, level, fmt, args, line, sizeof line, &prefix);
	size_t n = strlen(line);
	while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r')) line[--n] = 0;
	if (n > 0) airloomLog(level, line);
}

void airloom_log_install(int level) {
	av_log_set_level(level);
	av_log_set_callback(callback);
}
