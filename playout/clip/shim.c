#include "shim.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avstring.h>
#include <libavutil/display.h>
#include <libavutil/frame.h>
#include <libavutil/opt.h>
#include <libavutil/samplefmt.h>
#include <libswresample/swresample.h>
#include <stdlib.h>
#include <string.h>

int clip_clocked(const void *packet) { return av_packet_get_side_data(packet, AV_PKT_DATA_PRFT, NULL) != NULL; }

void clip_frame_shape(const void *frame, clip_shape *s) {
	const AVFrame *f = frame;
	memset(s, 0, sizeof *s);
	s->format = f->format;
	s->width = f->width;
	s->height = f->height;
	s->sar_num = f->sample_aspect_ratio.num;
	s->sar_den = f->sample_aspect_ratio.den;
	s->range = f->color_range;
	s->space = f->colorspace;
	s->primaries = f->color_primaries;
	s->trc = f->color_trc;
	s->chroma = f->chroma_location;
	const AVFrameSideData *sd = av_frame_get_side_data(f, AV_FRAME_DATA_DISPLAYMATRIX);
	if (sd && sd->size >= sizeof s->matrix) {
		s->turned = 1;
		memcpy(s->matrix, sd->data, sizeof s->matrix);
	}
}

void clip_frame_stamp(const void *frame, clip_stamp *s) {
	const AVFrame *f = frame;
	s->pts = f->best_effort_timestamp != AV_NOPTS_VALUE ? f->best_effort_timestamp : f->pts;
	s->duration = f->duration;
	s->interlaced = !!(f->flags & AV_FRAME_FLAG_INTERLACED);
	s->top_first = !!(f->flags & AV_FRAME_FLAG_TOP_FIELD_FIRST);
	s->corrupt = (f->flags & AV_FRAME_FLAG_CORRUPT) || f->decode_error_flags;
}

void clip_frame_colours(void *frame, int range, int space, int primaries, int trc) {
	AVFrame *f = frame;
	f->color_range = range;
	f->colorspace = space;
	f->color_primaries = primaries;
	f->color_trc = trc;
}

void clip_frame_fields(void *frame, int interlaced, int top_first) {
	AVFrame *f = frame;
	f->flags &= ~(AV_FRAME_FLAG_INTERLACED | AV_FRAME_FLAG_TOP_FIELD_FIRST);
	if (interlaced) f->flags |= AV_FRAME_FLAG_INTERLACED;
	if (top_first) f->flags |= AV_FRAME_FLAG_TOP_FIELD_FIRST;
}

// plane copies one plane and paints what it does not cover.
static void plane(uint8_t *dst, int stride, int W, int H, const uint8_t *src, int linesize,
                  int x, int y, int w, int h, int paint) {
	if (x == 0 && w == W && linesize == stride) {
		memset(dst, paint, (size_t)stride * y);
		memcpy(dst + (size_t)stride * y, src, (size_t)stride * (h - 1) + w);
		if (y + h < H) memset(dst + (size_t)stride * (y + h), paint, (size_t)stride * (H - y - h));
		return;
	}
	for (int line = 0; line < H; line++, dst += stride) {
		if (line < y || line >= y + h) {
			memset(dst, paint, W);
			continue;
		}
		memset(dst, paint, x);
		memcpy(dst + x, src + (ptrdiff_t)(line - y) * linesize, w);
		memset(dst + x + w, paint, W - x - w);
	}
}

void clip_frame_copy(const void *frame, uint8_t *slot, const clip_place *p) {
	const AVFrame *f = frame;
	plane(slot, p->stride_y, p->house_w, p->house_h,
	      f->data[0] + (ptrdiff_t)p->from_y * f->linesize[0] + p->from_x, f->linesize[0], p->x, p->y, p->w, p->h, 16);
	for (int c = 1; c < 3; c++)
		plane(slot + (c == 1 ? p->off_u : p->off_v), p->stride_c, p->house_w / 2, p->house_h / 2,
		      f->data[c] + (ptrdiff_t)(p->from_y / 2) * f->linesize[c] + p->from_x / 2, f->linesize[c],
		      p->x / 2, p->y / 2, p->w / 2, p->h / 2, 128);
}

void clip_codec_setup(void *codec, int tb_num, int tb_den, int threads) {
	AVCodecContext *c = codec;
	c->pkt_timebase = (AVRational){tb_num, tb_den};
	c->thread_count = threads;
}

void clip_codec_flush(void *codec) { avcodec_flush_buffers(codec); }

int clip_field_order(const void *codec) { return ((const AVCodecContext *)codec)->field_order; }

// listed says whether one of the comma-separated names is in the comma-separated list.
static int listed(const char *names, const char *list) {
	char one[64];
	while (*names) {
		size_t n = strcspn(names, ",");
		av_strlcpy(one, names, FFMIN(n + 1, sizeof one));
		if (av_match_name(one, list)) return 1;
		names += n;
		if (*names) names++;
	}
	return 0;
}

char *clip_demuxers(const char *without) {
	size_t size = 1;
	char *all = calloc(1, 1);
	void *at = NULL;
	const AVInputFormat *f;
	while (all && (f = av_demuxer_iterate(&at))) {
		if (listed(f->name, without)) continue;
		size_t n = strlen(f->name);
		char *more = realloc(all, size + n + 1);
		if (!more) break;
		all = more;
		memcpy(all + size - 1, f->name, n);
		memcpy(all + size - 1 + n, ",", 2);
		size += n + 1;
	}
	if (all && size > 1) all[size - 2] = 0;
	return all;
}

void clip_frame_sound(const void *frame, clip_sound *s) {
	const AVFrame *f = frame;
	s->format = f->format;
	s->rate = f->sample_rate;
	s->channels = f->ch_layout.nb_channels;
	s->samples = f->nb_samples;
	s->layout = f->ch_layout.order == AV_CHANNEL_ORDER_NATIVE ? f->ch_layout.u.mask : 0;
}

void *clip_swr_new(const void *frame, int rate) {
	const AVFrame *f = frame;
	AVChannelLayout stereo = AV_CHANNEL_LAYOUT_STEREO, in = {0};
	SwrContext *s = NULL;
	if (f->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
		av_channel_layout_default(&in, f->ch_layout.nb_channels);
	else if (av_channel_layout_copy(&in, &f->ch_layout) < 0)
		return NULL;
	if (swr_alloc_set_opts2(&s, &stereo, AV_SAMPLE_FMT_FLTP, rate, &in, f->format, f->sample_rate, 0, NULL) < 0)
		goto fail;
	av_opt_set_sample_fmt(s, "internal_sample_fmt", AV_SAMPLE_FMT_FLTP, 0);
	if (in.nb_channels == 1) {
		// One channel goes to both at its own level; swr would take 3 dB off.
		static const double both[2] = {1, 1};
		if (swr_set_matrix(s, both, 1) < 0) goto fail;
	} else if (in.nb_channels > 2) {
		// Centre and surrounds at -3 dB, no LFE. The sum is held to +3 dB over
		// one channel: loud in all channels at once is rare, and limited.
		av_opt_set_double(s, "rematrix_maxval", 1.41421356, 0);
	}
	if (swr_init(s) < 0) goto fail;
	av_channel_layout_uninit(&in);
	return s;
fail:
	av_channel_layout_uninit(&in);
	swr_free(&s);
	return NULL;
}

void clip_swr_free(void *swr) {
	SwrContext *s = swr;
	swr_free(&s);
}

int clip_swr_silence(void *swr, int samples) { return swr_inject_silence(swr, samples); }

int clip_swr_room(void *swr, int samples) { return swr_get_out_samples(swr, samples); }

int clip_swr_convert(void *swr, const void *frame, int skip, int count, float *l, float *r, int room) {
	uint8_t *out[2] = {(uint8_t *)l, (uint8_t *)r};
	const AVFrame *f = frame;
	const uint8_t *in[64];
	if (!f) return swr_convert(swr, out, room, NULL, 0);
	int planar = av_sample_fmt_is_planar(f->format), size = av_get_bytes_per_sample(f->format);
	int channels = f->ch_layout.nb_channels;
	if (channels > 64) return AVERROR_PATCHWELCOME;
	if (planar)
		for (int c = 0; c < channels; c++) in[c] = f->extended_data[c] + (ptrdiff_t)skip * size;
	else
		in[0] = f->extended_data[0] + (ptrdiff_t)skip * size * channels;
	return swr_convert(swr, out, room, in, count);
}

void clip_frame_time(void *frame, int64_t pts, int64_t duration) {
	AVFrame *f = frame;
	f->pts = f->best_effort_timestamp = pts;
	f->duration = duration;
}
