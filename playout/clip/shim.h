// What go-astiav v0.39 does not reach, in a few lines of our own. Pointers to
// libav's structs come as void*, as go-astiav hands them out.
#pragma once

#include <stddef.h>
#include <stdint.h>

// clip_shape is what of a picture decides how it becomes a house picture.
typedef struct {
	int format, width, height;
	int sar_num, sar_den;
	int range, space, primaries, trc, chroma;
	int turned;        // matrix holds a display matrix
	int32_t matrix[9];
} clip_shape;

// clip_stamp is what of a frame decides when it is shown.
typedef struct {
	int64_t pts, duration; // INT64_MIN: unknown; 0: unknown
	int interlaced, top_first, corrupt;
} clip_stamp;

// clip_place says which part of a frame goes where in a slot.
typedef struct {
	int stride_y, stride_c, house_w, house_h;
	size_t off_u, off_v;
	int x, y, w, h;   // where in the house picture
	int from_x, from_y; // from where in the frame
} clip_place;

void clip_frame_shape(const void *frame, clip_shape *s);
void clip_frame_stamp(const void *frame, clip_stamp *s);
void clip_frame_colours(void *frame, int range, int space, int primaries, int trc);
void clip_frame_fields(void *frame, int interlaced, int top_first);
void clip_frame_copy(const void *frame, uint8_t *slot, const clip_place *p);

void clip_codec_setup(void *codec, int tb_num, int tb_den, int threads);
void clip_codec_flush(void *codec);
int clip_field_order(const void *codec);

// clip_clocked says whether a packet's time is by its sender's report.
int clip_clocked(const void *packet);

// clip_demuxers lists all demuxers but those of the comma-separated list; free() it.
char *clip_demuxers(const char *without);

// Sound: any format, layout and rate to planar float stereo of the given rate.
typedef struct {
	int format, rate, channels;
	int samples;
	uint64_t layout;
} clip_sound;

void clip_frame_sound(const void *frame, clip_sound *s);
void *clip_swr_new(const void *frame, int rate);
void clip_swr_free(void *swr);
int clip_swr_silence(void *swr, int samples);
int clip_swr_room(void *swr, int samples);
// Converts count samples of the frame from skip on; frame NULL drains. Returns
// the samples written to l and r, or an error of libav's.
int clip_swr_convert(void *swr, const void *frame, int skip, int count, float *l, float *r, int room);
void clip_frame_time(void *frame, int64_t pts, int64_t duration);
