import { mount } from "svelte";
import "./app.css";
import App from "./App.svelte";
import { applyChoices } from "./shell/choices.svelte";

applyChoices();
export default mount(App, { target: document.getElementById("app")! });
