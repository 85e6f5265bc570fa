// On a slow line a page can be read, and used, before its scripts are there. What was chosen until then (a file, a
// face, a reading) is told again once everything listens; what a browser merely put back is not.

const typing = (field) => field === document.activeElement && field.matches("textarea, input:not([type='checkbox'], [type='radio'], [type='file'])");

document.addEventListener("DOMContentLoaded", () => {
  for (const field of document.querySelectorAll("input, select, textarea")) {
    const chosen = field.files ? field.files.length > 0 : field.matches(":user-valid, :user-invalid");
    if (chosen && !typing(field)) field.dispatchEvent(new Event("change", { bubbles: true }));
  }
});
