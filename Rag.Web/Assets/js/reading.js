/**
 * Brings the marked passage of a source into view. With "#passage" in the address the browser does it by itself.
 */

const passage = document.getElementById("passage");
if (passage && !location.hash) {
  passage.scrollIntoView({ block: "center" });
}
