import { PasswordInput, type PasswordInputProps } from "@mantine/core";
import { useTranslation } from "react-i18next";

/** A password to be, with the bound that the server holds it to. */
export function NewPassword(props: PasswordInputProps) {
  const { t } = useTranslation();
  return (
    <PasswordInput
      description={t("At least 12 characters.")}
      autoComplete="new-password"
      minLength={12}
      required
      visibilityToggleButtonProps={{ "aria-label": t("Show the password") }}
      {...props}
    />
  );
}
