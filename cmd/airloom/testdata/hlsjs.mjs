// Plays an HLS stream with hls.js in Chromium, on a page of another site, as any
// viewer's page would. Arguments: the page's address, the stream's, the browser.
import { chromium } from 'playwright';

const [page, stream, browser] = process.argv.slice(2);
const running = await chromium.launch({ executablePath: browser, args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required'] });
try {
	const tab = await running.newPage();
	await tab.goto(page);
	const told = await tab.evaluate(async (stream) => {
		const video = document.querySelector('video');
		const errors = [];
		const hls = new Hls();
		hls.on(Hls.Events.ERROR, (_, e) => errors.push({ fatal: e.fatal, details: e.details, code: e.response?.code }));
		hls.loadSource(stream);
		hls.attachMedia(video);
		video.muted = true;
		const until = performance.now() + 40000; // a machine that gives a browser no time;
		let first = null;
		while (performance.now() < until) {
			if (video.paused) await video.play().catch(() => {});
			if (first === null && video.currentTime > 0 && !video.paused && video.readyState >= 3) first = video.currentTime;
			if (first !== null && video.currentTime - first > 4) break;
			await new Promise((r) => setTimeout(r, 100));
		}
		const q = video.getVideoPlaybackQuality();
		return { played: first === null ? 0 : video.currentTime - first, frames: q.totalVideoFrames, width: video.videoWidth, errors };
	}, stream);
	console.log(JSON.stringify(told));
} finally {
	await running.close();
}
