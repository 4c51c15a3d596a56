import { expect, test } from "playwright/test";
import { signIn, stage } from "./stage";

test("who is not known does not come in", async ({ page }) => {
  await page.goto("/");
  await page.getByLabel("Name").fill(stage.user.name);
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("status")).toContainText(/./);
  await expect(page.getByRole("navigation")).toHaveCount(0);
});

test("a working day", async ({ page }) => {
  await signIn(page);
  await expect(page.locator("[data-plate=unchecked]")).toBeVisible();
});
