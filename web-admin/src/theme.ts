import { type CSSVariablesResolver, createTheme, type MantineColorsTuple, mergeThemeOverrides } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { focusBack } from "@/shell/focus";

/** One accent: the green of a verified PIN. Shade 8 carries white text at 6:1. */
const pine: MantineColorsTuple = [
  "#eaf7f2",
  "#d5ece4",
  "#a9d9c9",
  "#79c4ab",
  "#4fb291",
  "#33a37f",
  "#1f8f6d",
  "#137a5c",
  "#0d6b50",
  "#07523d",
];

/** A grey with a little of the accent's warmth. */
const stone: MantineColorsTuple = [
  "#f7f7f4",
  "#efefeb",
  "#e2e2dc",
  "#cfd0c9",
  "#c2c4bb",
  "#868a82",
  "#656962",
  "#4a4e48",
  "#30332f",
  "#1d201d",
];

const night: MantineColorsTuple = [
  "#e9ebe7",
  "#c3c7c1",
  "#9ba19a",
  "#7c827b",
  "#3c423d",
  "#2c312d",
  "#222623",
  "#191c1a",
  "#131514",
  "#0d0f0e",
];

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif';

const theme = createTheme({
  primaryColor: "pine",
  primaryShade: { light: 8, dark: 7 },
  autoContrast: true,
  colors: { pine, gray: stone, dark: night },
  fontFamily: FONT,
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace',
  defaultRadius: "md",
  radius: { xs: "3px", sm: "5px", md: "7px", lg: "12px", xl: "20px" },
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.125rem" },
  spacing: { xs: "0.5rem", sm: "0.75rem", md: "1rem", lg: "1.5rem", xl: "2.25rem" },
  headings: {
    fontFamily: FONT,
    fontWeight: "620",
    sizes: {
      h1: { fontSize: "1.375rem", lineHeight: "1.25" },
      h2: { fontSize: "1rem", lineHeight: "1.35" },
      h3: { fontSize: "0.875rem", lineHeight: "1.4" },
    },
  },
  components: {
    Button: { defaultProps: { size: "sm" } },
    TextInput: { defaultProps: { size: "sm" } },
    PasswordInput: { defaultProps: { size: "sm" } },
    NumberInput: { defaultProps: { size: "sm" } },
    Textarea: { defaultProps: { size: "sm" } },
    Select: { defaultProps: { size: "sm", allowDeselect: false, comboboxProps: { shadow: "md" } } },
    Switch: { defaultProps: { size: "sm" } },
    Modal: {
      defaultProps: {
        radius: "lg",
        padding: "lg",
        overlayProps: { backgroundOpacity: 0.35, blur: 2 },
        onExitTransitionEnd: focusBack,
      },
    },
    Drawer: { defaultProps: { overlayProps: { backgroundOpacity: 0.35 } } },
    Tooltip: { defaultProps: { openDelay: 250, withArrow: true } },
    Badge: { defaultProps: { radius: "sm", variant: "light" } },
  },
});

/** The theme, with a name in the person's language for every button that closes something. */
export function useTheme() {
  const { t } = useTranslation();
  const closes = { defaultProps: { closeButtonProps: { "aria-label": t("Close") } } };
  return mergeThemeOverrides(theme, { components: { Modal: closes, Drawer: closes, Notification: closes } });
}

/** Names for what colours are for; every style sheet uses these. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--pf-ground": "#f6f6f2",
    "--pf-surface": "#ffffff",
    "--pf-sunken": "#f0f0ea",
    "--pf-line": "#e3e3dc",
    "--pf-line-strong": "#cfd0c7",
    "--pf-ink": "#1b1e1b",
    "--pf-ink-soft": "#575c55",
    "--pf-accent": "#0d6b50",
    "--pf-accent-soft": "#e2f1eb",
    "--pf-good": "#0d6b50",
    "--pf-good-soft": "#e0f0ea",
    "--pf-warn": "#8a5300",
    "--pf-warn-soft": "#faeed6",
    "--pf-bad": "#b3261e",
    "--pf-bad-soft": "#fbe6e3",
    "--pf-danger": "#b3261e",
    "--pf-info": "#33598f",
    "--pf-info-soft": "#e5ecf6",
    "--pf-chart-1": "#0d6b50",
    "--pf-chart-2": "#5b86b8",
    "--pf-chart-3": "#c9ccc2",
    "--pf-shadow": "0 1px 2px rgb(27 30 27 / 5%), 0 4px 16px rgb(27 30 27 / 4%)",
    "--mantine-color-body": "#f6f6f2",
    "--mantine-color-text": "#1b1e1b",
    "--mantine-color-dimmed": "#575c55",
    "--mantine-color-default-border": "#d6d7cf",
    "--mantine-color-placeholder": "#6f746c",
    "--mantine-color-error": "#b3261e",
    "--mantine-color-anchor": "#0d6b50",
  },
  dark: {
    "--pf-ground": "#111312",
    "--pf-surface": "#181b19",
    "--pf-sunken": "#0d0f0e",
    "--pf-line": "#272b28",
    "--pf-line-strong": "#3a403b",
    "--pf-ink": "#e8ebe6",
    "--pf-ink-soft": "#a3aaa3",
    "--pf-accent": "#5cc9a6",
    "--pf-accent-soft": "#16312a",
    "--pf-good": "#5cc9a6",
    "--pf-good-soft": "#16312a",
    "--pf-warn": "#e2b25c",
    "--pf-warn-soft": "#352a13",
    "--pf-bad": "#f08a80",
    "--pf-bad-soft": "#3a1d1a",
    "--pf-danger": "#c4382e",
    "--pf-info": "#8fb4e6",
    "--pf-info-soft": "#1b2738",
    "--pf-chart-1": "#4dbb98",
    "--pf-chart-2": "#7ea6d8",
    "--pf-chart-3": "#454b46",
    "--pf-shadow": "0 1px 2px rgb(0 0 0 / 30%)",
    "--mantine-color-body": "#111312",
    "--mantine-color-text": "#e8ebe6",
    "--mantine-color-dimmed": "#a3aaa3",
    "--mantine-color-default-border": "#343a35",
    "--mantine-color-placeholder": "#8b928b",
    "--mantine-color-error": "#f08a80",
    "--mantine-color-anchor": "#5cc9a6",
  },
});
