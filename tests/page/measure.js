// Runs in a page: what sticks out, what lies on what, what is too pale to read (WCAG 2.2, 1.4.3). Returns a list.
const problems = [];
const quote = element => `"${element.textContent.trim().slice(0, 40)}"`;
const visible = element => element.checkVisibility({visibilityProperty: true, opacityProperty: true});

const page = document.documentElement;
if (page.scrollWidth > innerWidth) problems.push(`the page is ${page.scrollWidth} wide`);
for (const element of document.body.querySelectorAll("*")) {
  if (!visible(element) || element.closest(".scroll > *, .for-readers, .skip, pre")) continue;
  const box = element.getBoundingClientRect();
  if (box.width > 0 && (box.right > innerWidth + 1 || box.left < -1))
    problems.push(`<${element.localName} class="${element.getAttribute("class")}"> ${quote(element)} sticks out`);
}

// Texts of a picture: inside of it, and none on another.
for (const picture of document.querySelectorAll("svg.ladder")) {
  if (!visible(picture)) continue;
  const frame = picture.getBoundingClientRect();
  const texts = [...picture.querySelectorAll("text")].map(text => [text, text.getBoundingClientRect()]);
  texts.forEach(([text, box], i) => {
    if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1)
      problems.push(`${quote(text)} sticks out of its picture`);
    for (const [other, its] of texts.slice(i + 1)) {
      const across = Math.min(box.right, its.right) - Math.max(box.left, its.left);
      const down = Math.min(box.bottom, its.bottom) - Math.max(box.top, its.top);
      if (across > 1 && down > box.height / 4) problems.push(`${quote(text)} lies on ${quote(other)}`);
    }
  });
}

const channels = color => color.match(/[\d.]+/g).map(Number);
const luminance = color => {
  const [r, g, b] = channels(color).map(value => value / 255)
    .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const background = element => {
  for (let at = element; at; at = at.parentElement) {
    const color = getComputedStyle(at).backgroundColor;
    if (channels(color)[3] !== 0) return color;
  }
  return "rgb(255, 255, 255)";
};
const pale = new Set();
for (const element of document.body.querySelectorAll("*")) {
  const has_text = [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
  if (!has_text || !visible(element) || ["script", "noscript"].includes(element.localName)) continue;
  const style = getComputedStyle(element);
  const colors = [element.localName === "text" ? style.fill : style.color, background(element)].map(luminance);
  const ratio = (Math.max(...colors) + 0.05) / (Math.min(...colors) + 0.05);
  const enough = parseFloat(style.fontSize) >= 24 ? 3 : 4.5;
  if (ratio < enough) pale.add(`${element.localName} "${element.getAttribute("class")}" has a contrast of ${ratio.toFixed(2)}`);
}
return [...problems, ...pale];
