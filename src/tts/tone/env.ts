/** The tone needs no settings. */
export default {};
