import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { problemOf } from "@/api/problem";

interface Change<Values, Answer> {
  run: (values: Values) => Promise<Answer>;
  /** Paths whose answers are out of date after it. */
  stale?: string[];
  /** Told when it is done. */
  says?: string;
  onDone?: (answer: Answer, values: Values) => void;
  /** Shows what is wrong with a field beside the field. */
  form?: { setErrors: (errors: Record<string, string>) => void; values: object };
}

/** A change on the server: what it makes stale is loaded anew, and the person is told. */
export function useChange<Values, Answer>({ run, stale = [], says, onDone, form }: Change<Values, Answer>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSuccess: async (answer, values) => {
      await Promise.all(
        stale.map((path) =>
          queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey.some((part) => part === path) }),
        ),
      );
      if (says) {
        notifications.show({ message: says, color: "pine" });
      }
      onDone?.(answer, values);
    },
    onError: (error) => form?.setErrors(fieldErrors(problemOf(error).fields, form.values)),
  });
}

/**
 * `configuration.pinAttempts` belongs to the form's `pinAttempts` where it has no field of the whole name; `legs[3].price` to the
 * form's list of that name.
 */
export function fieldErrors(fields: Record<string, string>, values: object): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [field, says] of Object.entries(fields)) {
    const last = field.split(".").at(-1) ?? field;
    const isListed = field.includes("[") && field.replace(/\[.*/, "") in values;
    found[field in values ? field : isListed ? field.replace(/\[(\d+)\]/g, ".$1") : last] = says;
  }
  return found;
}
