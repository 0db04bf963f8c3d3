// Paper is white: a dark page is printed in light colours, and is dark again afterwards.
{
  const { dataset } = document.documentElement;
  let shown;
  addEventListener("beforeprint", () => {
    shown = dataset.theme;
    dataset.theme = "light";
  });
  addEventListener("afterprint", () => {
    dataset.theme = shown;
  });
}
