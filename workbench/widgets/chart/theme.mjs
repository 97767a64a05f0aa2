// @ts-check
/** Colours of a chart, taken from the page; no DOM. */

/**
 * Layout of a figure in the colours of the page.
 * @param {any} layout of the figure, which is left as it is
 * @param {{color: string, backgroundColor: string}} style computed style of the element around the chart
 * @returns {any}
 */
export function themed(layout, style) {
  const { color, backgroundColor } = style;
  return {
    ...layout,
    autosize: true,
    // Zoom and hidden traces of the person who looks survive the next figure.
    uirevision: "kept",
    font: { ...layout.font, color },
    paper_bgcolor: backgroundColor,
    plot_bgcolor: backgroundColor,
    hoverlabel: { ...layout.hoverlabel, bgcolor: backgroundColor, font: { color } },
    modebar: { ...layout.modebar, color, activecolor: color, bgcolor: "rgba(0,0,0,0)" },
  };
}
