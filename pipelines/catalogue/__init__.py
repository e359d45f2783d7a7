"""What tells others which data there are: AsyncAPI, DCAT, sensor register, example subscribers. Pure. See README.md."""
